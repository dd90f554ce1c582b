/**
 * ONNX Runtime's own builds for Linux and macOS send what they load and run to their maker, and keep an id of the machine in the
 * user's home, unless this is set before the library is loaded. A worker's `process.env` is a copy that native code does
 * not see, so whoever starts a worker that scores imports this too. Who wants it sent sets the variable to 0.
 * https://github.com/microsoft/onnxruntime/pull/27379
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
