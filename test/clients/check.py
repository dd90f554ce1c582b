"""Third-party clients, unmodified, against a running service: every answer is held against the golden examples.

Usage: check.py <file> <client>. The file is JSON with `http`, `grpc` (host:port) and `models` (name, tolerance,
examples). Triton's and KServe's clients cannot be in one process: both bring the protocol's messages.
"""

import asyncio
import json
import logging
import queue
import sys
import urllib.error
import urllib.request

import numpy as np

logging.disable(logging.CRITICAL)

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
http, grpc, models = given["http"], given["grpc"], given["models"]
checks = 0
dtypes = {"BOOL": bool, "INT32": np.int32, "INT64": np.int64, "FP32": np.float32, "FP64": np.float64}


def close(got, expected, model, where):
    """Fails unless an answer is a golden one, as exactly as the package promises."""
    global checks
    checks += 1
    if isinstance(got, bytes):
        got = got.decode()
    if isinstance(expected, (str, bool)) or expected is None:
        assert got == expected, f"{where}: expected {expected!r}, got {got!r}"
        return
    allowed = model["atol"] + model["rtol"] * abs(expected)
    assert abs(float(got) - expected) <= allowed, f"{where}: expected {expected!r}, got {got!r}"


def fails(call, text, where):
    """Fails unless the call is refused with this text in its message."""
    global checks
    checks += 1
    try:
        call()
    except Exception as error:  # each client has errors of its own
        assert text in str(error), f"{where}: expected an error with {text!r}, got {error!r}"
        return
    raise AssertionError(f"{where}: expected an error with {text!r}, got an answer")


def column(tensor, rows):
    """The values of one input for some rows as the tensor that the metadata asks for; None when no row has one."""
    values = [row.get(tensor["name"]) for row in rows]
    if all(value is None for value in values):
        return None
    shape = [len(rows), *[1 for _ in tensor["shape"][1:]]]
    if tensor["datatype"] == "BYTES":
        if any(value is None for value in values):
            return None
        return np.array([value.encode() for value in values], dtype=np.object_).reshape(shape)
    numbers = [float("nan") if value is None else value for value in values]
    return np.array(numbers, dtype=dtypes[tensor["datatype"]]).reshape(shape)


def batches(model, inputs):
    """Every example alone, and all those with the same fields together."""
    for example in model["examples"]:
        yield [example]
    groups = {}
    for example in model["examples"]:
        present = tuple(t["name"] for t in inputs if example["input"].get(t["name"]) is not None)
        groups.setdefault(present, []).append(example)
    yield from (group for group in groups.values() if len(group) > 1)


def tensors(inputs, examples):
    rows = [example["input"] for example in examples]
    made = [(tensor, column(tensor, rows)) for tensor in inputs]
    return [(tensor, array) for tensor, array in made if array is not None]


def compare(model, examples, outputs, get, where):
    for tensor in outputs:
        array = np.asarray(get(tensor["name"]))
        assert array.shape[0] == len(examples), f"{where}: {array.shape} for {len(examples)} rows"
        for got, example in zip(array.reshape(-1), examples):
            if tensor["name"] in example["output"]:
                close(got, example["output"][tensor["name"]], model, f"{where} {model['name']}.{tensor['name']}")


def check_triton_http():
    import tritonclient.http as triton_http

    client = triton_http.InferenceServerClient(http)
    assert client.is_server_live() and client.is_server_ready()
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert {entry["name"] for entry in client.get_model_repository_index()} == {model["name"] for model in models}
    for model in models:
        name = model["name"]
        assert client.is_model_ready(name) and client.is_model_ready(name, model["version"])
        metadata = client.get_model_metadata(name)
        assert metadata["versions"] == [model["version"]]
        for binary in (True, False):
            for examples in batches(model, metadata["inputs"]):
                inputs = []
                for tensor, array in tensors(metadata["inputs"], examples):
                    item = triton_http.InferInput(tensor["name"], array.shape, tensor["datatype"])
                    # NaN, which stands for a missing number, cannot be written in JSON.
                    missing = array.dtype.kind == "f" and np.isnan(array).any()
                    item.set_data_from_numpy(array, binary_data=bool(binary or missing))
                    inputs.append(item)
                outputs = None
                if not binary:
                    outputs = [
                        triton_http.InferRequestedOutput(tensor["name"], binary_data=False)
                        for tensor in metadata["outputs"]
                    ]
                result = client.infer(name, inputs, outputs=outputs, request_id="from triton")
                assert result.get_response()["id"] == "from triton"
                compare(model, examples, metadata["outputs"], result.as_numpy, f"tritonclient.http binary={binary}")
        pending = [client.async_infer(name, inputs) for _ in range(8)]
        for one in pending:
            compare(model, examples, metadata["outputs"], one.get_result().as_numpy, "tritonclient.http async")
    fails(lambda: client.infer("nobody", inputs), "No model named nobody", "tritonclient.http")
    name = models[0]["name"]
    client.unload_model(name)
    assert not client.is_model_ready(name)
    client.load_model(name)
    assert client.is_model_ready(name)
    client.close()


def check_triton_grpc():
    import tritonclient.grpc as triton_grpc

    client = triton_grpc.InferenceServerClient(grpc)
    assert client.is_server_live() and client.is_server_ready()
    assert "binary_tensor_data" in client.get_server_metadata(as_json=True)["extensions"]
    index = client.get_model_repository_index(as_json=True)["models"]
    assert {entry["name"] for entry in index} == {model["name"] for model in models}

    def inputs_of(metadata, examples):
        inputs = []
        for tensor, array in tensors(metadata["inputs"], examples):
            inputs.append(triton_grpc.InferInput(tensor["name"], array.shape, tensor["datatype"]))
            inputs[-1].set_data_from_numpy(array)
        return inputs

    for model in models:
        name = model["name"]
        assert client.is_model_ready(name)
        metadata = client.get_model_metadata(name, as_json=True)
        requests = list(batches(model, metadata["inputs"]))
        for examples in requests:
            result = client.infer(name, inputs_of(metadata, examples), request_id="from triton")
            assert result.get_response().id == "from triton"
            compare(model, examples, metadata["outputs"], result.as_numpy, "tritonclient.grpc")

        answers = queue.Queue()
        client.start_stream(lambda result, error: answers.put((result, error)))
        for number, examples in enumerate(requests):
            client.async_stream_infer(name, inputs_of(metadata, examples), request_id=str(number))
        client.async_stream_infer("nobody", inputs_of(metadata, examples), request_id="refused")
        client.async_stream_infer(
            name, inputs_of(metadata, examples), request_id="last", enable_empty_final_response=True
        )
        for number, examples in enumerate(requests):
            result, error = answers.get(timeout=30)
            assert error is None, error
            assert result.get_response().id == str(number)
            compare(model, examples, metadata["outputs"], result.as_numpy, "tritonclient.grpc stream")
        result, error = answers.get(timeout=30)
        assert result is None and "No model named nobody" in str(error)
        result, error = answers.get(timeout=30)
        assert result.get_response().parameters["triton_final_response"].bool_param
        client.stop_stream()
    fails(lambda: client.infer("nobody", inputs_of(metadata, examples)), "No model named nobody", "tritonclient.grpc")
    name = models[0]["name"]
    client.unload_model(name)
    fails(lambda: client.is_model_ready(name), "No model named", "tritonclient.grpc")
    client.load_model(name)
    assert client.is_model_ready(name)
    client.close()


async def check_kserve():
    from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
    from kserve.inference_client import RESTConfig

    rest = InferenceRESTClient(RESTConfig(protocol="v2"))
    stub = InferenceGRPCClient(grpc)
    base = f"http://{http}"
    assert await rest.is_server_live(base) and await rest.is_server_ready(base)
    assert await stub.is_server_live() and await stub.is_server_ready()
    for model in models:
        name = model["name"]
        assert await rest.is_model_ready(base, name)
        assert await stub.is_model_ready(name)
        metadata = json.load(urllib.request.urlopen(f"{base}/v2/models/{name}"))
        for binary in (False, True):
            for examples in batches(model, metadata["inputs"]):
                made = tensors(metadata["inputs"], examples)
                if not binary and any(array.dtype.kind == "f" and np.isnan(array).any() for _, array in made):
                    continue
                inputs = []
                for tensor, array in made:
                    inputs.append(InferInput(tensor["name"], list(array.shape), tensor["datatype"]))
                    inputs[-1].set_data_from_numpy(array, binary_data=binary)
                parameters = {"binary_data_output": True} if binary else {}
                request = InferRequest(model_name=name, infer_inputs=inputs, request_id="7", parameters=parameters)
                for where, call in (
                    ("kserve REST", lambda: rest.infer(base, request, model_name=name)),
                    ("kserve gRPC", lambda: stub.infer(request)),
                ):
                    response = await call()
                    assert response.id == "7" and response.model_name == name
                    arrays = {output.name: output.as_numpy() for output in response.outputs}
                    compare(model, examples, metadata["outputs"], arrays.__getitem__, f"{where} binary={binary}")
    for where, call in (
        ("kserve REST", lambda: rest.infer(base, request, model_name="nobody")),
        ("kserve gRPC", lambda: stub.infer(InferRequest(model_name="nobody", infer_inputs=inputs))),
    ):
        try:
            await call()
        except Exception as error:  # each client has errors of its own
            assert "No model named nobody" in str(error), f"{where}: {error!r}"
        else:
            raise AssertionError(f"{where}: a model that is not there answered")
    await rest.close()
    await stub.close()


def check_mlflow():
    """What MLflow's scoring clients send: records, a split frame, instances, columns, and CSV."""

    def ask(name, body, content_type="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        url = f"http://{http}/invocations?model={name}"
        request = urllib.request.Request(url, data, {"content-type": content_type})
        try:
            return json.load(urllib.request.urlopen(request))["predictions"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{name}: {error.code} {error.read().decode()}") from error

    for model in models:
        name = model["name"]
        rows = [example["input"] for example in model["examples"]]
        fields = sorted({field for row in rows for field in row})
        split = [[row.get(field) for field in fields] for row in rows]
        forms = {
            "dataframe_records": ask(name, {"dataframe_records": rows}),
            "dataframe_split": ask(name, {"dataframe_split": {"columns": fields, "data": split}}),
            "instances": ask(name, {"instances": rows}),
            "inputs": ask(name, {"inputs": {field: [row.get(field) for row in rows] for field in fields}}),
        }
        for form, predictions in forms.items():
            assert len(predictions) == len(rows), f"{form}: {predictions}"
            for prediction, example in zip(predictions, model["examples"]):
                for field, expected in example["output"].items():
                    got = prediction[field] if isinstance(prediction, dict) else prediction
                    close(got, expected, model, f"/invocations {form} {name}.{field}")


clients = {
    "tritonclient.http": check_triton_http,
    "tritonclient.grpc": check_triton_grpc,
    "kserve": lambda: asyncio.run(check_kserve()),
    "mlflow": check_mlflow,
}
clients[sys.argv[2]]()
print(f"{sys.argv[2]}: {checks} answers are as they should be", flush=True)
