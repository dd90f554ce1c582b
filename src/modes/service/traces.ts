/**
 * OpenTelemetry traces, with W3C trace context in and out. This file, and OpenTelemetry with it, is loaded only where
 * OTEL_EXPORTER_OTLP_ENDPOINT says where traces shall go.
 */
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { version } from '../../version.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The span of one request, and what it spent its time on. */
export interface RequestSpan {
  /** For callers who want to find the trace: the W3C `traceparent` of this very span. */
  readonly traceparent: string;
  /** A stage of the request; times on the clock of `performance.now()`. */
  stage(name: string, began: number, ended: number, attributes?: SpanAttributes): void;
  end(attributes: SpanAttributes, failed: boolean): void;
}

export interface Tracing {
  /** Begins the span of a request, as a child of the caller's if its headers name one. */
  begin(name: string, headers: Readonly<Record<string, unknown>>, attributes: SpanAttributes): RequestSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** OTEL_TRACES_SAMPLER and its argument, as the specification names them (OpenTelemetry SDK environment variables). */
const samplerOf = (env: NodeJS.ProcessEnv): Sampler => {
  const name = env.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on';
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG ?? 1);
  const root = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
};

/** The address for traces: its own, else below the one for all signals (OTLP exporter specification). */
const urlOf = (env: NodeJS.ProcessEnv): string =>
  env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? `${env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '')}/v1/traces`;

const propagator = new W3CTraceContextPropagator();
const fromHeaders = {
  keys: (headers: Readonly<Record<string, unknown>>) => Object.keys(headers),
  get: (headers: Readonly<Record<string, unknown>>, name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  },
};

/** Milliseconds for sending what has gathered; a collector that takes longer loses it. */
const SEND_MS = 3000;

/** Traces go where the environment says (OTEL_EXPORTER_OTLP_*), in the background and out of a bounded queue. */
export const createTracing = (env: NodeJS.ProcessEnv): Tracing => {
  const provider = new TracerProvider({
    sampler: samplerOf(env),
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'millrace', 'service.version': version() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: urlOf(env), timeoutMillis: SEND_MS }),
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('millrace', version());
  const toEpoch = (time: number): number => performance.timeOrigin + time;

  const spanOf = (span: Span): RequestSpan => {
    const own = trace.setSpan(ROOT_CONTEXT, span);
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`,
      stage(name, began, ended, attributes) {
        tracer
          .startSpan(name, { startTime: toEpoch(began), ...(attributes && { attributes }) }, own)
          .end(toEpoch(ended));
      },
      end(attributes, failed) {
        span.setAttributes(attributes);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  };
  return {
    begin(name, headers, attributes) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, fromHeaders);
      return spanOf(tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent));
    },
    close: () => provider.shutdown(),
  };
};
