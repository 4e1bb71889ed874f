'use strict'

const { sdk, thrownBy } = require('./setup')

const { open } = sdk()

/** @param {(span: any) => unknown} use @returns {Promise<any>} the span that arrives */
async function spanAfter(use) {
  const { llmobs, spans } = await open()
  llmobs.trace({ kind: 'task', name: 'work' }, span => void use(span))
  return (await spans()).work
}

/** @param {any} span */
const errorOf = ({ status, meta, tags }) => ({
  status,
  message: meta['error.message'],
  type: meta['error.type'],
  stack: meta['error.stack'],
  tags: tags.filter(tag => /^error(_type)?:/.test(tag))
})

const bad = new TypeError('bad')
const whole = {
  status: 'error',
  message: 'bad',
  type: 'TypeError',
  stack: bad.stack,
  tags: ['error:1', 'error_type:TypeError']
}

describe('a span is marked as failed by', () => {
  test.each([
    ['setTag("error")', span => span.setTag('error', bad)],
    ['addTags({ error })', span => span.addTags({ other: 1, error: bad })],
    ['recordException', span => span.recordException(bad, { attempt: 1 })],
    [
      'its parts',
      span =>
        span
          .setTag('error.message', 'bad')
          .addTags({ 'error.type': 'TypeError' })
          .setTag('error.stack', bad.stack)
    ],
    ['its parts after true', span => span.addTags({ error: true }).addTags(partsOf(bad))],
    ['true after its parts', span => span.addTags(partsOf(bad)).setTag('error', 1)]
  ])('%s', async (_what, use) => {
    expect(errorOf(await spanAfter(use))).toEqual(whole)
  })

  test.each([
    ['a message alone', { 'error.message': 'bad' }, { message: 'bad', type: '' }],
    ['a type alone', { 'error.type': 'Bad' }, { message: '', type: 'Bad' }],
    ['a number as message', { 'error.message': 503 }, { message: '503', type: '' }],
    ['true', { error: true }, { message: '', type: '' }],
    ['text', { error: 'bad' }, { message: 'bad', type: 'string' }]
  ])('%s', async (_what, tags, expected) => {
    expect(errorOf(await spanAfter(span => span.addTags(tags)))).toMatchObject({
      status: 'error',
      ...expected
    })
  })

  test('and what tags say of the error wins over the error itself, as in dd-trace', async () => {
    const { llmobs, spans } = await open()
    const run = () =>
      llmobs.trace({ kind: 'task', name: 'work' }, span => {
        span.setTag('error.message', 'what the customer may see')
        throw bad
      })
    expect(thrownBy(run)).toBe(bad)
    expect(errorOf((await spans()).work)).toEqual({ ...whole, message: 'what the customer may see' })
  })
})

describe('a span is not marked by', () => {
  test.each([
    ['a mark that is taken back', span => span.setTag('error', bad).setTag('error', false)],
    ['parts that are taken back', span => span.addTags({ 'error.message': 'bad', error: 0 })],
    ['undefined', span => span.addTags({ error: undefined, 'error.message': undefined })],
    ['null', span => span.setTag('error', null).setTag('error.type', null)],
    ['no exception', span => span.recordException()],
    ['other tags', span => span.setTag('errors', 5).setTag('http.status', 500).addTags({ error_code: 5 })],
    ['an inherited tag', span => span.addTags(Object.create({ error: bad }))],
    ['what is no tags', span => span.addTags().addTags('error').addTags(5).setTag(Symbol('error'), bad)],
    ['an event', span => span.addEvent('exception', { 'exception.message': 'bad' })],
    ['a log', span => span.log({ event: 'error', 'error.object': bad })]
  ])('%s', async (_what, use) => {
    expect(errorOf(await spanAfter(use))).toMatchObject({ status: 'ok', tags: ['error:0'] })
  })

  test('anything after its end', async () => {
    const use = span => {
      span.finish()
      span.setTag('error', bad).addTags({ 'error.message': 'bad' })
      span.recordException(bad)
    }
    expect((await spanAfter(use)).status).toBe('ok')
  })
})

test('tags that cannot be read mark nothing and throw nothing', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const throwing = {
    get error() {
      throw new Error('not for you')
    },
    'error.message': 'said all the same'
  }
  const span = await spanAfter(span => span.addTags(proxy).setTag('error.type', proxy).addTags(throwing))
  expect(errorOf(span)).toMatchObject({ status: 'error', message: 'said all the same' })
})

/** @param {Error} error */
function partsOf({ message, name, stack }) {
  return { 'error.message': message, 'error.type': name, 'error.stack': stack }
}
