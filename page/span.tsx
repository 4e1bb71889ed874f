import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { bytes, count, duration, oneLine, visible } from './format'
import { go, linkTo, route } from './route'
import { laneOf } from './state'
import { TenantTag } from './tags'
import { Content, Copy, Fold, Json } from './text'
import type { Wire } from './told'
import { kindOf, lengthOf, type Row, tagOf } from './tree'

const VIEWS = ['read', 'text', 'json'] as const
const VIEW_NAMES = { read: 'Read', text: 'Text', json: 'JSON' }
const MAX_LIST = 200

export function SpanView({ row, rows, lane }: { row: Row; rows: Row[]; lane: string }) {
  const { span } = row
  const { view } = route.value
  const model = [span.meta?.model_provider, span.meta?.model_name].filter(Boolean).map(oneLine).join(', ')
  return (
    <div class="span">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="content" aria-label="Content of the span" tabIndex={0}>
        <header>
          <span class={`kind ${kindOf(span)}`}>{kindOf(span)}</span>
          <h3>{oneLine(span.name)}</h3>
          <span class="dim">{model}</span>
          <span class="grow" />
          <fieldset class="switch" aria-label="How it is shown">
            {VIEWS.map(one => (
              <button
                type="button"
                key={one}
                aria-pressed={view === one}
                onClick={() => go({ view: one }, false)}
              >
                {VIEW_NAMES[one]}
              </button>
            ))}
          </fieldset>
          <Copy text={() => JSON.stringify(span, null, 2)} />
        </header>
        {view === 'json' ? <Json value={span} /> : <Read row={row} rows={rows} />}
      </section>
      <Facts row={row} lane={lane} />
    </div>
  )
}

function Read({ row, rows }: { row: Row; rows: Row[] }) {
  const { span } = row
  const { meta = {} } = span
  return (
    <>
      {isBare(meta) && !row.isError && <p class="hint">This span carries no content.</p>}
      {row.isError && <Failure meta={meta} />}
      {meta.input?.prompt !== undefined && <Prompt prompt={meta.input.prompt} />}
      <Side name="Input" side={meta.input} known={knownBefore(row, rows)} />
      <Side name="Output" side={meta.output} known={0} />
      {Array.isArray(meta.tool_definitions) && <Tools tools={meta.tool_definitions} />}
      {meta.metadata !== undefined && Object.keys(meta.metadata).length > 0 && (
        <Block title="Metadata" copied={meta.metadata}>
          <Json value={meta.metadata} />
        </Block>
      )}
    </>
  )
}

function isBare({ input, output, metadata, tool_definitions: tools }: Wire): boolean {
  return [input, output, metadata, tools].every(part => Object.keys(part ?? {}).length === 0)
}

function Block({ title, copied, children }: { title: string; copied: unknown; children: ComponentChildren }) {
  return (
    <section class="block">
      <h4>
        {title}
        <Copy text={() => (typeof copied === 'string' ? copied : JSON.stringify(copied, null, 2))} />
      </h4>
      {children}
    </section>
  )
}

function Failure({ meta }: { meta: Wire }) {
  const { 'error.type': type, 'error.message': message, 'error.stack': stack } = meta
  return (
    <section class="failure">
      <strong>{oneLine(type ?? 'Error')}</strong>
      <span class="pre">{visible(message ?? '')}</span>
      {typeof stack === 'string' && stack !== '' && (
        <Fold title="Stack">
          <pre class="plain">{visible(stack)}</pre>
        </Fold>
      )}
    </section>
  )
}

function Side({ name, side, known }: { name: string; side: Wire | undefined; known: number }) {
  if (side === undefined || side === null) return null
  if (Array.isArray(side.messages)) return <Messages name={name} messages={side.messages} known={known} />
  if (Array.isArray(side.documents)) return <Documents name={name} documents={side.documents} />
  const { prompt: _, ...rest } = side
  if (Object.keys(rest).length === 0) return null
  const value = 'value' in rest ? rest.value : rest
  return (
    <Block title={name} copied={value}>
      <Content value={value} />
    </Block>
  )
}

/** How many messages at the beginning an earlier call of a model in this trace had already. */
function knownBefore(row: Row, rows: Row[]): number {
  const messages = row.span.meta?.input?.messages
  if (!Array.isArray(messages) || messages.length > MAX_LIST) return 0
  const at = rows.indexOf(row)
  let known = 0
  for (const { span } of rows.slice(Math.max(0, at - MAX_LIST), at)) {
    const before = span.meta?.input?.messages
    if (!Array.isArray(before) || before.length >= messages.length || before.length <= known) continue
    const isSame = before.every(
      (message, index) => JSON.stringify(message) === JSON.stringify(messages[index])
    )
    if (isSame) known = before.length
  }
  return known
}

function Messages({ name, messages, known }: { name: string; messages: Wire[]; known: number }) {
  const [isWhole, setWhole] = useState(false)
  const from = isWhole ? 0 : Math.max(known, messages.length > MAX_LIST ? messages.length - MAX_LIST : 0)
  const title = `${name}, ${messages.length} ${messages.length === 1 ? 'message' : 'messages'}`
  return (
    <Block title={title} copied={messages}>
      {from > 0 && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          + {from} earlier {from === 1 ? 'message' : 'messages'}
        </button>
      )}
      {messages.slice(from).map((message, index) => (
        <Message key={from + index} message={message ?? {}} />
      ))}
    </Block>
  )
}

const FOLDED_SYSTEM = 600

function Message({ message }: { message: Wire }) {
  const role = String(message.role ?? '') || 'message'
  const text = message.content ?? message.text ?? ''
  const parts = [...listOf(message.image_parts, 'image'), ...listOf(message.audio_parts, 'audio')]
  const isLong = role === 'system' && typeof text === 'string' && text.length > FOLDED_SYSTEM
  return (
    <div class={`message ${role}`}>
      <div class="role">{oneLine(role)}</div>
      <div class="said">
        {text !== '' &&
          (isLong ? (
            <Fold title={`${oneLine(text).slice(0, 90)}…`}>
              <Content value={text} />
            </Fold>
          ) : (
            <Content value={text} />
          ))}
        {list(message.tool_calls).map((call, index) => (
          <Call key={index} call={call ?? {}} />
        ))}
        {list(message.tool_results).map((result, index) => (
          <div key={index} class="result">
            <div class="dim">
              {oneLine(result?.name || 'tool')}(…) =&gt; <Id text={result?.tool_id} />
            </div>
            <Content value={result?.result ?? ''} />
          </div>
        ))}
        {parts.map(({ kind, part }, index) => (
          <span key={index} class="media">
            {kind}, {oneLine(part?.mime_type ?? part?.mimeType ?? 'unknown')}, {sizeOf(part?.content)}
          </span>
        ))}
        {message.tool_id !== undefined && <Id text={message.tool_id} />}
      </div>
    </div>
  )
}

function Call({ call }: { call: Wire }) {
  const given = call.arguments
  const members =
    given !== null && typeof given === 'object' && !Array.isArray(given) ? Object.entries(given) : null
  return (
    <pre class="call">
      <span class="name">{oneLine(call.name ?? 'tool')}</span>(
      {members === null
        ? visible(typeof given === 'string' ? given : (JSON.stringify(given) ?? ''))
        : members.slice(0, MAX_LIST).map(([name, value]) => (
            <div key={name}>
              {'  '}
              <span class="name">{visible(name)}</span>:{' '}
              {visible(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ')}
            </div>
          ))}
      ) <Id text={call.tool_id} />
    </pre>
  )
}

function Id({ text }: { text: unknown }) {
  return typeof text === 'string' && text !== '' ? <span class="id">{oneLine(text)}</span> : null
}

function Documents({ name, documents }: { name: string; documents: Wire[] }) {
  return (
    <Block
      title={`${name}, ${documents.length} ${documents.length === 1 ? 'document' : 'documents'}`}
      copied={documents}
    >
      {documents.slice(0, MAX_LIST).map((one, index) => (
        <div key={index} class="message">
          <div class="role score">{typeof one?.score === 'number' ? one.score.toFixed(2) : '·'}</div>
          <div class="said">
            {(one?.name || one?.id) && (
              <div>
                <strong>{oneLine(one.name ?? '')}</strong> <Id text={one.id} />
              </div>
            )}
            <Content value={one?.text ?? one ?? ''} />
          </div>
        </div>
      ))}
    </Block>
  )
}

function Prompt({ prompt }: { prompt: Wire }) {
  const { id, version, template, chat_template: chat, variables } = prompt
  return (
    <Block title="Prompt" copied={prompt}>
      <div class="prompt">
        <strong>{oneLine(id ?? 'prompt')}</strong>
        {version !== undefined && <span class="chip">version {oneLine(version)}</span>}
      </div>
      {template !== undefined && <Content value={template} />}
      {Array.isArray(chat) && chat.map((message, index) => <Message key={index} message={message ?? {}} />)}
      {variables !== undefined && <Json value={variables} />}
    </Block>
  )
}

function Tools({ tools }: { tools: Wire[] }) {
  return (
    <Block title={`Tools offered, ${tools.length}`} copied={tools}>
      {tools.slice(0, MAX_LIST).map((tool, index) => (
        <Fold
          key={index}
          title={`${oneLine(tool?.name ?? 'tool')}  ${oneLine(tool?.description ?? '').slice(0, 100)}`}
        >
          <Json value={tool?.schema ?? tool} />
        </Fold>
      ))}
    </Block>
  )
}

const KNOWN_TAGS = ['owner', 'ml_app', 'service', 'env', 'version']

function Facts({ row, lane: laneId }: { row: Row; lane: string }) {
  const { span, arrived, evaluations } = row
  const lane = laneOf(laneId)
  const rest = list(span.tags).filter(
    tag => typeof tag === 'string' && !KNOWN_TAGS.includes(String(tag).split(':')[0])
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <aside class="facts" aria-label="Facts of the span" tabIndex={0}>
      <Group title="Where it went">
        <Fact name="tenant">{lane === undefined ? '' : <TenantTag name={lane.name} />}</Fact>
        <Fact name="site">{lane?.site}</Fact>
        <Fact name="key">{lane?.keyFingerprint}</Fact>
        <Fact name="request">
          <a href={linkTo({ tab: 'requests', body: '' })}>#{arrived.request}</a>
        </Fact>
        <Fact name="owner says">
          <OwnerSays owner={arrived.owner} lane={lane?.name} />
        </Fact>
      </Group>
      <Metrics metrics={span.metrics ?? {}} />
      {evaluations.length > 0 && (
        <Group title="Evaluations">
          {evaluations.slice(0, MAX_LIST).map((evaluation, index) => (
            <Evaluation key={index} evaluation={evaluation} />
          ))}
        </Group>
      )}
      <Group title="Span">
        <Fact name="duration">{duration(lengthOf(span))}</Fact>
        {['ml_app', 'service', 'env', 'version'].map(name => (
          <Fact key={name} name={name}>
            {tagOf(span, name)}
          </Fact>
        ))}
        <Fact name="session">{span.session_id}</Fact>
        <Fact name="span id">{span.span_id}</Fact>
        <Fact name="trace id">{span.trace_id}</Fact>
        {list(span.collection_errors).map(error => (
          <Fact key={String(error)} name="not collected">
            {String(error)}
          </Fact>
        ))}
      </Group>
      {rest.length > 0 && (
        <section>
          <h4>Tags, {rest.length}</h4>
          {rest.slice(0, MAX_LIST).map((tag, index) => (
            <div key={index} class="tag">
              {oneLine(tag)}
            </div>
          ))}
        </section>
      )}
    </aside>
  )
}

function OwnerSays({ owner, lane }: { owner: string | null; lane: string | undefined }) {
  if (owner === null) return <span class="dim">nothing</span>
  const isHome = owner === lane
  return <span class={isHome ? 'chip good' : 'chip bad'}>{`${oneLine(owner)} ${isHome ? '✓' : '✗'}`}</span>
}

const METRIC_NAMES: Record<string, string> = {
  input_tokens: 'input',
  output_tokens: 'output',
  total_tokens: 'total',
  cache_read_input_tokens: 'cache read',
  cache_write_input_tokens: 'cache write',
  reasoning_output_tokens: 'reasoning',
  time_to_first_token: 'first token'
}

function Metrics({ metrics }: { metrics: Wire }) {
  const entries = Object.entries(metrics).slice(0, MAX_LIST)
  if (entries.length === 0) return null
  return (
    <Group title="Tokens and metrics">
      {entries.map(([name, value]) => (
        <Fact key={name} name={METRIC_NAMES[name] ?? name}>
          {name === 'time_to_first_token' ? duration(Number(value) * 1000) : count(Number(value))}
        </Fact>
      ))}
    </Group>
  )
}

function Evaluation({ evaluation }: { evaluation: Wire }) {
  const value = evaluation[`${evaluation.metric_type}_value`]
  const { reasoning, assessment } = evaluation
  return (
    <>
      <Fact name={oneLine(evaluation.label)}>
        {typeof value === 'object' ? JSON.stringify(value) : String(value)}
        {assessment === undefined ? '' : ` ${oneLine(assessment)}`}
      </Fact>
      {typeof reasoning === 'string' && (
        <Fact name="because">{<span class="because">{visible(reasoning)}</span>}</Fact>
      )}
    </>
  )
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h4>{title}</h4>
      <dl>{children}</dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === '') return null
  return (
    <div class="fact">
      <dt>{oneLine(name)}</dt>
      <dd>{typeof children === 'string' ? oneLine(children) : children}</dd>
    </div>
  )
}

function list(value: unknown): Wire[] {
  return Array.isArray(value) ? value : []
}

function listOf(value: unknown, kind: string): { kind: string; part: Wire | undefined }[] {
  return list(value).map(part => ({ kind, part }))
}

/** Of base64: three bytes in four characters. */
function sizeOf(content: unknown): string {
  return typeof content === 'string' ? bytes(Math.round((content.length * 3) / 4)) : 'elsewhere'
}
