import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { maskForms } from './redact.ts';

export interface TurnSpan {
  /** 32 hex digits, for logs. */
  readonly traceId: string;
  /** W3C Trace Context, version 00: what the agent's spans hang below. */
  readonly traceparent: string;
  /** Closes the span, once; later calls do nothing. `failed` marks it as an error. */
  end(outcome: string, failed?: boolean): void;
}

export interface Traces {
  /** Begins the span of one turn. Attributes hold ids only, nothing that people wrote. */
  startTurn(attributes: Attributes): TurnSpan;
  shutdown(): Promise<void>;
}

/**
 * One span a turn. Without span processors nothing is exported and a span costs a few microseconds; its ids still tie
 * our log lines to the agent's.
 */
export function createTraces(options: { readonly spanProcessors?: readonly SpanProcessor[] } = {}): Traces {
  const provider = new BasicTracerProvider({ spanProcessors: [...(options.spanProcessors ?? [])] });
  const tracer = provider.getTracer('threadcore');
  return {
    startTurn(attributes) {
      const masked = Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          typeof value === 'string' ? maskForms(value) : value,
        ]),
      );
      const span = tracer.startSpan('turn', { kind: SpanKind.CONSUMER, attributes: masked, root: true });
      const { traceId, spanId, traceFlags } = span.spanContext();
      const flags = traceFlags.toString(16).padStart(2, '0');
      return {
        traceId,
        traceparent: `00-${traceId}-${spanId}-${flags}`,
        end(outcome, failed = false) {
          if (!span.isRecording()) return;
          span.setAttribute('threadcore.outcome', maskForms(outcome));
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    shutdown: () => provider.shutdown(),
  };
}
