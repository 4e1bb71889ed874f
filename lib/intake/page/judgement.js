'use strict'

const { counted } = require('../draw')

/**
 * @typedef {import('../../../testing').CrossingKind} CrossingKind
 * @typedef {import('./lane').Lane} Lane
 * @typedef {import('./watch').Cell} Cell
 * @typedef {import('./watch').Seen} Seen
 * @typedef {import('./declared').Declared} Declared
 * @typedef {'red' | 'amber' | 'grey'} Level red: cannot be right; amber: right if it is declared; grey: cannot be told
 * @typedef {{ kind: CrossingKind, level: Level, message: string, owners: readonly string[], lanes: string[],
 *   count: number, request: number | null, traceId: string | null, spanId: string | null, atMs: number | null }} Finding
 * @typedef {{ state: 'green' | 'amber' | 'red' | 'grey', title: string, detail: string }} Seal
 * @typedef {'declared' | 'owner' | 'label' | 'fingerprint'} NameFrom
 * @typedef {{ name: string, nameFrom: NameFrom }} LaneName
 * @typedef {{ lanes: ReadonlyMap<string, Lane>, cells: readonly Cell[], seen: readonly Seen[], declared: Declared,
 *   forgotten: number }} Held what the page holds; `forgotten`: events that left the memory
 * @typedef {{ names: Map<string, LaneName>, findings: Finding[], seal: Seal }} Judgement
 */

const NO_PROOF = Object.freeze({ request: null, traceId: null, spanId: null, atMs: null })

/**
 * Names lanes, and says of all that was noticed whether it can be right. Nothing is green by default.
 *
 * @param {Held} held
 * @returns {Judgement}
 */
function judge(held) {
  const homes = homesOf(held.cells)
  const names = new Map([...held.lanes.values()].map(lane => [lane.id, nameOf(lane, homes, held.declared)]))
  const tenants = new Map(
    [...held.lanes.values()].map(lane => [lane.id, tenantsOf(lane, homes, held.declared)])
  )
  const context = { ...held, homes, names, tenants }
  const findings = [
    ...held.seen.flatMap(seen => judgeSeen(seen, context)),
    ...held.cells.flatMap(cell => judgeCell(cell, context)),
    ...twoPlaces(context),
    ...unknownKeys(context),
    ...unprovable(context)
  ]
  const order = { red: 0, amber: 1, grey: 2 }
  findings.sort((left, right) => order[left.level] - order[right.level])
  return { names, findings, seal: sealOf(findings, context) }
}

/**
 * @typedef {Held & { homes: Map<string, string>, names: Map<string, LaneName>, tenants: Map<string, Set<string>> }} Context
 */

/**
 * @param {readonly Cell[]} cells
 * @returns {Map<string, string>} lane -> who has most there: one stray event does not make a place somebody else's
 */
function homesOf(cells) {
  /** @type {Map<string, Cell>} */
  const most = new Map()
  for (const cell of cells) {
    const known = most.get(cell.lane)
    if (known === undefined || amountOf(cell) > amountOf(known)) most.set(cell.lane, cell)
  }
  return new Map([...most].map(([lane, { owner }]) => [lane, owner]))
}

/** @param {Cell} cell */
function amountOf({ spans, evaluations, refused }) {
  return spans + evaluations + refused
}

/**
 * @param {Lane} lane
 * @param {Map<string, string>} homes
 * @param {Declared} declared
 * @returns {LaneName}
 */
function nameOf(lane, homes, declared) {
  const [owner] = declared.ownersAt(lane)
  const home = homes.get(lane.id)
  if (owner !== undefined) return { name: owner, nameFrom: 'declared' }
  if (home !== undefined) return { name: home, nameFrom: 'owner' }
  if (lane.label !== null) return { name: lane.label, nameFrom: 'label' }
  return { name: lane.keyFingerprint, nameFrom: 'fingerprint' }
}

/**
 * @param {Lane} lane
 * @param {Map<string, string>} homes
 * @param {Declared} declared
 * @returns {Set<string>} whose it may be; empty: nobody said
 */
function tenantsOf(lane, homes, declared) {
  const owners = declared.ownersAt(lane).map(owner => `owner ${owner}`)
  const home = homes.get(lane.id)
  if (home !== undefined && owners.length === 0) owners.push(`owner ${home}`)
  if (lane.label !== null) owners.push(`label ${lane.label}`)
  return new Set(owners)
}

/** @param {Seen} seen @param {Context} context @returns {Finding[]} */
function judgeSeen(seen, context) {
  const { kind, lane, other, owners } = seen
  const lanes = other === null ? [lane] : [lane, other]
  if (other === null) return [{ ...seen, level: 'red', lanes, message: messageOf(seen, context) }]
  const [here, there] = [context.tenants.get(lane) ?? new Set(), context.tenants.get(other) ?? new Set()]
  if ([...here].some(tenant => there.has(tenant))) return []
  const level = here.size === 0 || there.size === 0 ? 'amber' : 'red'
  return [{ ...seen, kind, owners, lanes, level, message: messageOf(seen, context) }]
}

/** @param {Seen} seen @param {Context} context */
function messageOf({ kind, lane, other, owners, traceId, spanId }, context) {
  const [here, there] = [placeOf(lane, context), other === null ? '' : placeOf(other, context)]
  switch (kind) {
    case 'mixed_body':
      return `One body to ${here} holds data of ${owners.join(' and ')}.`
    case 'key_in_body':
      return `A body to ${here} holds its API key.`
    case 'key_in_header':
      return `A second header of a request to ${here} holds its API key.`
    case 'two_keys':
      return `A request to ${here} carries more than one key.`
    case 'shared_trace':
      return `Trace ${traceId} is at ${here} and at ${there}.`
    case 'foreign_parent':
      return `Span ${spanId} at ${here} has a parent that is at ${there} only.`
    default:
      return `An evaluation at ${here} is of span ${spanId}, which is at ${there} only.`
  }
}

/** @param {Cell} cell @param {Context} context @returns {Finding[]} data of an owner where it must not be */
function judgeCell(cell, context) {
  const { owner, lane: laneId } = cell
  const { declared, homes } = context
  const lane = /** @type {Lane} */ (context.lanes.get(laneId))
  const ownersAt = declared.ownersAt(lane)
  if (ownersAt.includes(owner)) return []
  const resident = ownersAt[0] ?? homes.get(laneId)
  if (resident !== owner) {
    const message = `Data of ${owner} arrived at ${placeOf(laneId, context)}, which is ${resident}'s.`
    return [findingOf('wrong_tenant', 'red', cell, message)]
  }
  if (!declared.has(owner)) return []
  const message = `Data of ${owner} arrived at ${placeOf(laneId, context)}, where it was not declared.`
  return [findingOf('owner_moved', 'red', cell, message)]
}

/** @param {Context} context @returns {Finding[]} owners that have two homes which nobody declared */
function twoPlaces({ cells, homes, declared, lanes }) {
  /** @type {Map<string, Cell[]>} */
  const byOwner = new Map()
  for (const cell of cells) {
    if (homes.get(cell.lane) !== cell.owner || declared.has(cell.owner)) continue
    byOwner.set(cell.owner, [...(byOwner.get(cell.owner) ?? []), cell])
  }
  return [...byOwner].flatMap(([owner, there]) => {
    const labels = new Set(there.map(({ lane }) => lanes.get(lane)?.label ?? null))
    // The application itself says that these are one tenant's.
    const isOneTenant = labels.size === 1 && !labels.has(null)
    if (there.length === 1 || isOneTenant) return []
    const message = `${owner} arrives at ${there.length} places, which nobody declared.`
    const finding = findingOf('owner_moved', 'amber', there[there.length - 1], message)
    return [{ ...finding, lanes: there.map(({ lane }) => lane), count: there.length }]
  })
}

/** @param {Context} context @returns {Finding[]} */
function unknownKeys({ lanes, declared, homes }) {
  if (declared.size === 0) return []
  return [...lanes.values()]
    .filter(lane => lane.spans + lane.evaluations > 0 && declared.ownersAt(lane).length === 0)
    .filter(({ id }) => !declared.has(homes.get(id) ?? ''))
    .map(lane => ({
      ...NO_PROOF,
      kind: 'unknown_key',
      level: 'amber',
      owners: [homes.get(lane.id) ?? ''].filter(Boolean),
      lanes: [lane.id],
      count: lane.spans + lane.evaluations,
      message: `Nobody was declared for ${lane.site} with key ${lane.keyFingerprint}.`
    }))
}

/** @param {Context} context @returns {Finding[]} what makes the checks worth less */
function unprovable({ lanes, homes, declared, forgotten }) {
  /** @type {Finding[]} */
  const found = []
  const grey = { ...NO_PROOF, level: /** @type {const} */ ('grey'), owners: [] }
  const unowned = [...lanes.values()].filter(lane => lane.spans > 0 && !homes.has(lane.id))
  if (unowned.length > 0) {
    const count = unowned.reduce((sum, { spans }) => sum + spans, 0)
    const message = `Nothing says whose the ${counted(count, 'span')} on ${counted(unowned.length, 'lane')} ${count === 1 ? 'is' : 'are'}: swapped keys would not be noticed.`
    found.push({ ...grey, kind: 'no_owner', lanes: unowned.map(({ id }) => id), count, message })
  }
  const absent = declared
    .owners()
    .filter(owner => ![...lanes.values()].some(lane => isAt(lane, owner, declared)))
  for (const owner of absent) {
    found.push({
      ...grey,
      kind: 'nothing_arrived',
      owners: [owner],
      lanes: [],
      count: 1,
      message: `Nothing arrived for ${owner}.`
    })
  }
  if (forgotten > 0) {
    const message = `${counted(forgotten, 'older event')} left the memory: parents, traces and evaluations are compared with what is kept.`
    found.push({ ...grey, kind: 'not_recorded', lanes: [], count: forgotten, message })
  }
  return found
}

/** @param {Lane} lane @param {string} owner @param {Declared} declared */
function isAt(lane, owner, declared) {
  return lane.spans + lane.evaluations > 0 && declared.ownersAt(lane).includes(owner)
}

/** @param {Finding[]} findings @param {Context} context @returns {Seal} */
function sealOf(findings, { lanes, cells, names }) {
  const all = [...lanes.values()]
  const spans = all.reduce((sum, lane) => sum + lane.spans, 0)
  const owners = new Set(cells.map(({ owner }) => owner)).size
  const ofLevel = (/** @type {Level} */ level) => findings.filter(finding => finding.level === level)
  const [red, amber] = [ofLevel('red'), ofLevel('amber')]
  if (red.length > 0)
    return { state: 'red', title: alarmOf(red[0], names), detail: counted(red.length, 'finding') }
  if (amber.length > 0) {
    return {
      state: 'amber',
      title: questionOf(amber[0]),
      detail: amber.length > 1 ? `and ${amber.length - 1} more` : ''
    }
  }
  if (all.every(lane => lane.spans + lane.evaluations === 0)) {
    return { state: 'grey', title: 'Nothing to compare yet', detail: '' }
  }
  if (owners === 0) return { state: 'grey', title: 'No span names its owner', detail: 'nothing to compare' }
  const unowned = findings.find(({ kind }) => kind === 'no_owner')
  if (unowned !== undefined) {
    const title = `${unowned.lanes.length} of ${counted(all.length, 'lane')} name no owner`
    return { state: 'grey', title, detail: 'nothing to compare there' }
  }
  const detail = `${counted(spans, 'span')} of ${counted(owners, 'owner')} on ${counted(all.length, 'lane')}`
  return { state: 'green', title: 'Nothing crossed', detail }
}

/** @param {Finding} finding @param {Map<string, LaneName>} names */
function alarmOf({ kind, owners, lanes }, names) {
  const name = (/** @type {string} */ lane) => names.get(lane)?.name ?? lane
  switch (kind) {
    case 'wrong_tenant':
      return `Data of ${owners[0]} reached ${name(lanes[0])}`
    case 'owner_moved':
      return `Data of ${owners[0]} arrived elsewhere`
    case 'mixed_body':
      return `One body holds data of ${owners.join(' and ')}`
    case 'key_in_body':
    case 'key_in_header':
      return `A key of ${name(lanes[0])} lies open`
    case 'two_keys':
      return `A request of ${name(lanes[0])} carries two keys`
    case 'shared_trace':
      return `One trace at ${name(lanes[0])} and ${name(lanes[1])}`
    case 'foreign_parent':
      return `A parent of ${name(lanes[0])}'s span is at ${name(lanes[1])}`
    default:
      return `An evaluation of ${name(lanes[1])}'s span is at ${name(lanes[0])}`
  }
}

/** @param {Finding} finding */
function questionOf({ kind, owners, lanes }) {
  if (kind === 'owner_moved') return `${owners[0]} arrives at ${lanes.length} places: expected?`
  if (kind === 'unknown_key') return `A key arrives that nobody declared: expected?`
  return 'Lanes that nobody named share a trace: expected?'
}

/**
 * @param {CrossingKind} kind
 * @param {Level} level
 * @param {Cell} cell
 * @param {string} message
 * @returns {Finding}
 */
function findingOf(kind, level, cell, message) {
  const { owner, lane, request, traceId, spanId, atMs } = cell
  return {
    kind,
    level,
    message,
    owners: [owner],
    lanes: [lane],
    count: amountOf(cell),
    request,
    traceId,
    spanId,
    atMs
  }
}

/** @param {string} id of a lane @param {Context} context */
function placeOf(id, { lanes, names }) {
  const lane = lanes.get(id)
  if (lane === undefined) return id
  const { name, nameFrom } = /** @type {LaneName} */ (names.get(id))
  const key = `${lane.site} with key ${lane.keyFingerprint}`
  return nameFrom === 'fingerprint' ? key : `${name} (${key})`
}

module.exports = { judge }
