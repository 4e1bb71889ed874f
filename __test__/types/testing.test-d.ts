import { expectAssignable, expectError, expectNotAssignable, expectType } from 'tsd'
import {
  type Action,
  type Arrival,
  type CrossingError,
  drawTable,
  drawTraces,
  expectNothingCrossed,
  type Gate,
  type Intake,
  keyFingerprint,
  type RequestRecord,
  type Script,
  startIntake,
  type TenantSummary,
  type Violation,
  type WireEvent
} from '../../testing'

declare const intake: Intake
declare const error: CrossingError

expectType<Promise<Intake>>(startIntake())
expectType<Promise<Intake>>(
  startIntake({ port: 0, host: '::1', tls: { key: 'pem', cert: 'pem' }, maxRecordedEvents: 5 })
)
expectError(startIntake({ ports: 1 }))
expectError(startIntake({ script: { actions: [{ state: 503 }] } }))

expectType<string>(intake.url)
expectType<readonly RequestRecord[]>(intake.requests)
expectType<readonly Violation[]>(intake.violations)
expectType<TenantSummary[]>(intake.tenants())
expectType<WireEvent[]>(intake.spans({ site: 'datadoghq.eu', key: 'k' }))
expectType<WireEvent[]>(intake.evaluations((arrival: Arrival) => arrival.owner === 'acme'))
expectType<Promise<void>>(intake.waitFor(3, { timeoutMs: 100 }))
expectType<Promise<void>>(intake.waitFor(seen => seen.counts.spans > 3))
expectType<Promise<void>>(intake.close())
expectError(intake.spans({ sites: 'x' }))

expectType<Gate>(intake.hold({ key: 'k' }))
expectType<Promise<readonly RequestRecord[]>>(intake.hold().parked(2))

expectAssignable<Script>({
  match: { site: 'datadoghq.eu' },
  actions: [{ status: 503, times: Number.POSITIVE_INFINITY }]
})
expectAssignable<Script>([{ actions: [{ reset: 'after-body', accept: true }] }])
expectAssignable<Script>((request: RequestRecord) => (request.number === 1 ? { status: 500 } : null))
expectNotAssignable<Action>({ stall: false })
expectNotAssignable<Action>({ reset: 'later' })

expectType<void>(expectNothingCrossed(intake))
expectType<void>(
  expectNothingCrossed(
    [intake],
    { acme: 'key', globex: [{ key: 'k', site: 'datadoghq.eu' }, 'k2'] },
    { allowEmpty: true }
  )
)
expectError(expectNothingCrossed(intake, { acme: 5 }))

expectType<'SPANLANE_CROSSED'>(error.code)
expectType<string>(keyFingerprint('key'))
expectType<string>(drawTraces(intake.spans()))
expectType<string>(drawTable(['Name', 'Count'], [['a', 1]]))
