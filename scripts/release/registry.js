'use strict'

// An npm registry on loopback, as large as a rehearsal needs: it takes what `npm publish` sends and gives it to the package
// managers. Whatever was not published here is asked of the registry that npm is configured for.

const { createHash } = require('node:crypto')
const { once } = require('node:events')
const http = require('node:http')

/** An addon is 4 MB, and base64 makes more of it. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
/** Package managers keep away from what is younger than a day: nobody can rehearse that. */
const PUBLISHED = '2026-01-01T00:00:00.000Z'
const UPSTREAM_TIMEOUT_MS = 60_000

/**
 * @typedef {{ name: string, version: string, manifest: Record<string, any>, tarball: Buffer }} Published
 * @typedef {{ url: string, published: Map<string, Published>, refused: string[], close: () => Promise<void> }} Registry
 */

/**
 * @param {{ upstream: string }} options
 * @returns {Promise<Registry>}
 */
async function startRegistry({ upstream }) {
  /** @type {Map<string, Published>} by package */
  const published = new Map()
  /** @type {string[]} */
  const refused = []
  const server = http.createServer((request, response) => {
    answer({ request, response, published, refused, upstream }).catch(error => {
      refused.push(`${request.method} ${request.url}: ${error.message}`)
      if (response.headersSent) response.destroy()
      else send(response, 500, { error: error.message })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}/`,
    published,
    refused,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

/**
 * @param {{ request: http.IncomingMessage, response: http.ServerResponse, published: Map<string, Published>,
 *   refused: string[], upstream: string }} visit
 */
async function answer({ request, response, published, refused, upstream }) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const asked = decodeURIComponent(pathname.slice(1))
  if (request.method === 'PUT') {
    const taken = publishedBy(JSON.parse(await bodyOf(request)))
    if (published.has(taken.name)) throw new Error(`${taken.name} is published already`)
    published.set(taken.name, taken)
    return send(response, 201, { ok: true })
  }
  const [name, file] = asked.split('/-/')
  const ours = published.get(name)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // Audits and the like: npm does without.
    return send(response, 404, { error: 'not here' })
  }
  if (ours !== undefined && file !== undefined) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    return response.end(ours.tarball)
  }
  if (ours !== undefined) return send(response, 200, packument(ours, `http://${request.headers.host}`))
  const theirs = await fetch(new URL(pathname.slice(1), upstream), {
    headers: { accept: request.headers.accept ?? 'application/json' },
    signal: AbortSignal.timeout(UPSTREAM_TIMEOUT_MS)
  })
  if (!theirs.ok) refused.push(`${asked}: ${theirs.status}`)
  response.writeHead(theirs.status, {
    'content-type': theirs.headers.get('content-type') ?? 'application/json'
  })
  return response.end(Buffer.from(await theirs.arrayBuffer()))
}

/**
 * @param {any} body as `npm publish` sends it
 * @returns {Published}
 */
function publishedBy({ name, versions, _attachments: attachments }) {
  const [[version, manifest]] = Object.entries(versions)
  const [{ data }] = /** @type {{ data: string }[]} */ (Object.values(attachments))
  const tarball = Buffer.from(data, 'base64')
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  if (manifest.dist.integrity !== integrity) throw new Error(`${name}: not the tarball that its hash is of`)
  return { name, version, manifest, tarball }
}

/** @param {Published} published @param {string} origin */
function packument({ name, version, manifest, tarball }, origin) {
  const dist = {
    ...manifest.dist,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    tarball: `${origin}/${name}/-/${name}-${version}.tgz`
  }
  return {
    name,
    'dist-tags': { latest: version },
    time: { created: PUBLISHED, modified: PUBLISHED, [version]: PUBLISHED },
    versions: { [version]: { ...manifest, dist } }
  }
}

/** @param {http.IncomingMessage} request */
async function bodyOf(request) {
  let length = 0
  const parts = []
  for await (const part of request) {
    length += part.length
    if (length > MAX_BODY_BYTES) throw new Error(`more than ${MAX_BODY_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** @param {http.ServerResponse} response @param {number} status @param {unknown} body */
function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

module.exports = { startRegistry }
