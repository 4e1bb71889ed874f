/**
 * Shapes that many rooms name. A room that says `Span` in a comment means this one; what may be required stays in the
 * table of ARCHITECTURE.md.
 */
declare global {
  type Capture = import('./values/capture').Capture
  type Contexts = import('./trace/watch').Contexts
  type Ending = import('./trace/reading').Ending
  type Instance = import('./sdk/instance').Instance
  type Lineage = import('./trace/lineage').Lineage
  type Misuse = import('./misuse').Misuse
  type OtelSpan = import('./opentelemetry/reading').OtelSpan
  type ParentSpan = import('./trace/lineage').ParentSpan
  type RemoteParent = import('./trace/propagation').RemoteParent
  type ResolvedOptions = import('./options/options').ResolvedOptions
  type Route = import('./routing/routing').Route
  type Span = import('./trace/span').Span
  type Store = import('./routing/context').Store
  type Watch = import('./trace/watch').Watch
}

export {}
