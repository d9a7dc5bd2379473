/** What a screen shows is written in its address, and an address can say anything: read it with care. */

const TEXT_MAX = 200
const POSITION = /^\d{1,6}-\d{1,19}$/

export type RawSearch = Record<string, unknown>

/** A short text without control characters, or nothing. */
export function cleanText(value: unknown, max = TEXT_MAX): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.replace(/[\u0000-\u001f\u007f]/g, '').trim().slice(0, max)
  return text === '' ? undefined : text
}

/** One of the allowed words, or nothing. */
export function cleanWord<W extends string>(value: unknown, allowed: readonly W[]): W | undefined {
  return allowed.find((word) => word === value)
}

/** An instant in UTC in its one form, or nothing. */
export function cleanInstant(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined
  const instant = Date.parse(value)
  return Number.isNaN(instant) ? undefined : new Date(instant).toISOString()
}

/** A position such as `1-4711`, or nothing. */
export function cleanPosition(value: unknown): string | undefined {
  return typeof value === 'string' && POSITION.test(value) ? value : undefined
}

/** The number of a version, or nothing. */
export function cleanVersion(value: unknown): string | undefined {
  return typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? value : undefined
}

/** Leave out what says nothing, so that addresses stay short. */
function said<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T
}

export const RANGES = ['15m', '1h', '24h', '7d'] as const
export type Range = (typeof RANGES)[number]
export const RANGE_MINUTES: Record<Range, number> = { '15m': 15, '1h': 60, '24h': 1440, '7d': 10080 }

export const DELIVERY_STATES = [
  'delivered',
  'queued',
  'waiting',
  'parked',
  'behind',
  'held',
  'filtered',
  'dismissed',
] as const
export const GATES = ['accept', 'warn', 'hold'] as const

export type MessagesSearch = {
  q?: string
  channel?: string
  kind?: string
  state?: (typeof DELIVERY_STATES)[number]
  gate?: (typeof GATES)[number]
  last?: Range
  from?: string
  to?: string
}

/** Filters of the message list. `last` wins over `from` and `to`, which exclude it. */
export function messagesSearch(raw: RawSearch): MessagesSearch {
  const last = cleanWord(raw['last'], RANGES)
  return said({
    q: cleanText(raw['q']),
    channel: cleanText(raw['channel'], 100),
    kind: cleanText(raw['kind'], 60),
    state: cleanWord(raw['state'], DELIVERY_STATES),
    gate: cleanWord(raw['gate'], GATES),
    last,
    from: last ? undefined : cleanInstant(raw['from']),
    to: last ? undefined : cleanInstant(raw['to']),
  })
}

export const RESULTS = ['allowed', 'refused', 'failed'] as const
export const PURPOSES = ['TREAT', 'ETREAT', 'HOPERAT', 'HPAYMT', 'HRESCH', 'PUBHLTH', 'PATRQT', 'RECORDMGT', 'HSYSADMIN'] as const

export type AuditSearch = {
  patient?: string
  account?: string
  kind?: string
  result?: (typeof RESULTS)[number]
  purpose?: (typeof PURPOSES)[number]
  channel?: string
  organisation?: string
  address?: string
  last?: Range
  from?: string
  to?: string
  at?: string
}

/** Filters of the audit trail, and the act that is open. `last` wins over `from` and `to`. */
export function auditSearch(raw: RawSearch): AuditSearch {
  const last = cleanWord(raw['last'], RANGES)
  return said({
    patient: cleanText(raw['patient']),
    account: cleanText(raw['account'], 64),
    kind: cleanText(raw['kind'], 60),
    result: cleanWord(raw['result'], RESULTS),
    purpose: cleanWord(raw['purpose'], PURPOSES),
    channel: cleanText(raw['channel'], 100),
    organisation: cleanText(raw['organisation'], 100),
    address: cleanText(raw['address'], 64),
    last,
    from: last ? undefined : cleanInstant(raw['from']),
    to: last ? undefined : cleanInstant(raw['to']),
    at: cleanPosition(raw['at']),
  })
}

export type TraceSearch = { tab?: string }

/** Which tab of a trace is open: `raw`, `tree`, or `to:<destination>`. */
export function traceSearch(raw: RawSearch): TraceSearch {
  return said({ tab: cleanText(raw['tab'], 120) })
}

export type ChannelSearch = { version?: string; show?: 'text' }

/** Which version of a channel's definition is open, and whether as a whole. */
export function channelSearch(raw: RawSearch): ChannelSearch {
  const version = cleanVersion(raw['version'])
  return said({ version, show: version === undefined ? undefined : cleanWord(raw['show'], ['text']) })
}

export const QUEUE_TABS = ['queues', 'parked', 'held', 'replay'] as const

export type QueuesSearch = {
  tab?: (typeof QUEUE_TABS)[number]
  channel?: string
  destination?: string
  from?: string
  to?: string
  from_position?: string
  to_position?: string
  kind?: string
  key?: string
}

/** Tab and filters of queues, parked, held and replay. */
export function queuesSearch(raw: RawSearch): QueuesSearch {
  return said({
    tab: cleanWord(raw['tab'], QUEUE_TABS),
    channel: cleanText(raw['channel'], 100),
    destination: cleanText(raw['destination'], 100),
    from: cleanInstant(raw['from']),
    to: cleanInstant(raw['to']),
    from_position: cleanPosition(raw['from_position']),
    to_position: cleanPosition(raw['to_position']),
    kind: cleanText(raw['kind'], 60),
    key: cleanText(raw['key']),
  })
}

/** A day such as `2026-03-01`, or nothing. */
export function cleanDay(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined
}

export const MASTERDATA_TABS = ['tree', 'organisation', 'location', 'practitioner', 'proposals', 'aside'] as const
export type MasterDataSearch = {
  tab?: (typeof MASTERDATA_TABS)[number]
  as_of?: string
  tree?: string
  q?: string
  closed?: 'yes'
}

/** What of the master data is shown, and for which day. */
export function masterDataSearch(raw: RawSearch): MasterDataSearch {
  return said({
    tab: cleanWord(raw['tab'], MASTERDATA_TABS),
    as_of: cleanDay(raw['as_of']),
    tree: typeof raw['tree'] === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(raw['tree']) ? raw['tree'] : undefined,
    q: cleanText(raw['q']),
    closed: cleanWord(raw['closed'], ['yes'] as const),
  })
}

export type UncodedSearch = { q?: string; channel?: string }

/** Which of the codes that no table maps are shown. */
export function uncodedSearch(raw: RawSearch): UncodedSearch {
  return said({ q: cleanText(raw['q'], 100), channel: cleanText(raw['channel'], 100) })
}

/** The day for which a record is shown. */
export function recordSearch(raw: RawSearch): { as_of?: string } {
  return said({ as_of: cleanDay(raw['as_of']) })
}

export const ACCOUNT_TABS = ['accounts', 'roles', 'explain'] as const

export type AccountsSearch = {
  tab?: (typeof ACCOUNT_TABS)[number]
  account?: string
  permission?: string
  organisation?: string
}

/** Tab of the accounts, and the decision that is explained. */
export function accountsSearch(raw: RawSearch): AccountsSearch {
  return said({
    tab: cleanWord(raw['tab'], ACCOUNT_TABS),
    account: cleanText(raw['account'], 64),
    permission: cleanText(raw['permission'], 64),
    organisation: cleanText(raw['organisation'], 100),
  })
}

export const PRIVACY_TABS = ['reviews', 'consents', 'classification'] as const

export type PrivacySearch = { tab?: (typeof PRIVACY_TABS)[number]; unreviewed?: 'yes'; patient?: string }

/** Tab of privacy, whether only looks that nobody has reviewed, and whose consents. */
export function privacySearch(raw: RawSearch): PrivacySearch {
  return said({
    tab: cleanWord(raw['tab'], PRIVACY_TABS),
    unreviewed: cleanWord(raw['unreviewed'], ['yes'] as const),
    patient: cleanText(raw['patient']),
  })
}

export const SEXES = ['M', 'F'] as const

export type PersonSearch = { q?: string; born?: string; sex?: (typeof SEXES)[number] }

/** Who is looked for, and what narrows it: a birthday or its beginning, in figures. */
export function personSearch(raw: RawSearch): PersonSearch {
  const born = typeof raw['born'] === 'string' ? raw['born'].replace(/\D/g, '').slice(0, 8) : ''
  return said({
    q: cleanText(raw['q'], 100),
    born: born === '' ? undefined : born,
    sex: cleanWord(raw['sex'], SEXES),
  })
}

export const RECORD_SECTIONS = ['encounter', 'problem', 'allergy', 'medication', 'laboratory', 'imaging', 'vital-sign', 'document', 'order', 'procedure', 'nursing', 'immunisation', 'appointment', 'charge', 'other'] as const

export type PatientRecordSearch = {
  section?: (typeof RECORD_SECTIONS)[number] | undefined
  q?: string | undefined
  since?: string | undefined
  until?: string | undefined
  organisation?: string | undefined
  item?: string | undefined
  /** Of the temperature sheet: a stay, and a week of it from 1. */
  stay?: string | undefined
  week?: string | undefined
}

/** Whose record is wanted. */
export function findSearch(raw: RawSearch): { q?: string } {
  return said({ q: cleanText(raw['q'], 100) })
}

/** What of a patient's record is shown, and which item is open. */
export function patientRecordSearch(raw: RawSearch): PatientRecordSearch {
  const item = cleanText(raw['item'], 130)
  return said({
    section: cleanWord(raw['section'], RECORD_SECTIONS),
    q: cleanText(raw['q'], 100),
    since: cleanDay(raw['since']),
    until: cleanDay(raw['until']),
    organisation: cleanText(raw['organisation'], 100),
    item: item && /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(item) ? item : undefined,
    stay: cleanId(raw['stay']),
    week: cleanText(raw['week'], 3)?.match(/^[1-9]\d{0,2}$/)?.[0],
  })
}

function cleanId(raw: unknown): string | undefined {
  return cleanText(raw, 64)?.match(/^[A-Za-z0-9.-]{1,64}$/)?.[0]
}

export const INDICATOR_CLASSES = ['safety', 'quality', 'efficiency', 'economy', 'service', 'policy', 'development'] as const
export type IndicatorClass = (typeof INDICATOR_CLASSES)[number]

function cleanPeriod(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}(-\d\d|Q\d)?$/.test(value) ? value : undefined
}

/** Which indicator: `EX-04`. */
function cleanCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z]{2,6}-\d{2,4}[a-z]?$/.test(value) ? value : undefined
}

export type BoardSearch = { board?: string; period?: string; hospital?: string; department?: string; group?: string; open?: string }

/** Which board is shown, for when and for whom, and which tile is pulled up on a phone. */
export function boardSearch(raw: RawSearch): BoardSearch {
  const board = cleanText(raw['board'], 41)
  return said({
    board: board && /^[a-z0-9-]+$/.test(board) ? board : undefined,
    period: cleanPeriod(raw['period']),
    hospital: cleanText(raw['hospital'], 100),
    department: cleanText(raw['department'], 100),
    group: cleanText(raw['group'], 60),
    open: cleanCode(raw['open']),
  })
}

export const DRILL_LEVELS = ['hospital', 'department', 'doctor'] as const
export const SIDES = ['numerator', 'denominator'] as const
/** Which rows are behind a figure; `rest`: those of the denominator that the numerator leaves. */
export const DRILL_SIDES = [...SIDES, 'rest'] as const
export const AGAINST = ['last_year', 'previous'] as const

export type DrillSearch = {
  period?: string
  hospital?: string
  department?: string
  doctor?: string
  caliber?: string
  /** Which rows: `payer:self,age:75`. */
  where?: string
  by?: (typeof DRILL_LEVELS)[number]
  side?: (typeof DRILL_SIDES)[number]
  /** As what the rows name the doctor: `assistant`. */
  role?: string
  /** By what a change is divided, and what it is held against. */
  split?: string
  against?: (typeof AGAINST)[number]
}

/** The figure that is looked into: when, whose, by which caliber; and what of it is open. */
export function drillSearch(raw: RawSearch): DrillSearch {
  const caliber = cleanText(raw['caliber'], 41)
  return said({
    period: cleanPeriod(raw['period']),
    hospital: cleanText(raw['hospital'], 100),
    department: cleanText(raw['department'], 100),
    doctor: cleanText(raw['doctor'], 100),
    caliber: caliber && /^[a-z][a-z0-9-]*$/.test(caliber) ? caliber : undefined,
    where: cleanWhere(raw['where']),
    by: cleanWord(raw['by'], DRILL_LEVELS),
    side: cleanWord(raw['side'], DRILL_SIDES),
    role: cleanLike(raw['role'], /^[a-z]+$/, 20),
    split: cleanLike(raw['split'], /^[a-z0-9_]+$/, 40),
    against: cleanWord(raw['against'], AGAINST),
  })
}

/** A text of a form, or nothing. */
function cleanLike(value: unknown, form: RegExp, max: number): string | undefined {
  return typeof value === 'string' && value.length <= max && form.test(value) ? value : undefined
}

export type TopicSearch = { topic?: string; period?: string; hospital?: string; department?: string }

/** Which topic is shown, for when and for whom. */
export function topicSearch(raw: RawSearch): TopicSearch {
  return said({ topic: cleanLike(raw['topic'], /^[a-z0-9-]+$/, 41), period: cleanPeriod(raw['period']), hospital: cleanText(raw['hospital'], 100), department: cleanText(raw['department'], 100) })
}

export type ScoreSearch = { card?: string; month?: string; hospital?: string; department?: string }

/** By which card departments are scored, when, where, and which of them is opened. */
export function scoreSearch(raw: RawSearch): ScoreSearch {
  return said({ card: cleanLike(raw['card'], /^[a-z0-9-]+$/, 41), month: cleanMonth(raw['month']), hospital: cleanText(raw['hospital'], 100), department: cleanText(raw['department'], 100) })
}

const cleanMonth = (text: unknown) => cleanLike(text, /^\d{4}-(0[1-9]|1[0-2])$/, 7)

export type WorkloadSearch = { period?: string; hospital?: string; department?: string; doctor?: string }

/** Whose work is shown, and of when. */
export function workloadSearch(raw: RawSearch): WorkloadSearch {
  return said({ period: cleanPeriod(raw['period']), hospital: cleanText(raw['hospital'], 100), department: cleanText(raw['department'], 100), doctor: cleanText(raw['doctor'], 100) })
}

export const COUNTING_WAYS = ['counted', 'by_form', 'not_available'] as const

export const CALIBER_STATES = ['draft', 'proposed', 'approved', 'changed', 'superseded'] as const

export type DeskSearch = { q?: string; class?: IndicatorClass; way?: (typeof COUNTING_WAYS)[number]; standing?: (typeof CALIBER_STATES)[number]; faulty?: 'yes' }

/** Which definitions are listed. */
export function deskSearch(raw: RawSearch): DeskSearch {
  return said({
    q: cleanText(raw['q'], 100),
    class: cleanWord(raw['class'], INDICATOR_CLASSES),
    way: cleanWord(raw['way'], COUNTING_WAYS),
    standing: cleanWord(raw['standing'], CALIBER_STATES),
    faulty: cleanWord(raw['faulty'], ['yes'] as const),
  })
}

/** Slices of rows: `payer:self,class:inpatient`. */
function cleanWhere(value: unknown): string | undefined {
  const text = cleanText(value, 400)
  return text && /^[a-z_0-9]+:[^,:]+(,[a-z_0-9]+:[^,:]+)*$/.test(text) ? text : undefined
}

/** Names with commas between, each of one form. */
function cleanList(value: unknown, form: RegExp, max: number): string | undefined {
  const found = (cleanText(value, 300) ?? '').split(',').filter((one) => form.test(one)).slice(0, max)
  return found.length === 0 ? undefined : found.join(',')
}

export type ExploreSearch = { codes?: string; period?: string; by?: string; where?: string; hospital?: string; department?: string; doctor?: string; saved?: string }

const cleanSaved = (value: unknown) => (typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value) ? value : undefined)

/** What is explored: which indicators, when, whose, by what they are put together. */
export function exploreSearch(raw: RawSearch): ExploreSearch {
  return said({
    codes: cleanList(raw['codes'], /^[A-Z]{2,6}-\d{2,4}[a-z]?$/, 6),
    period: cleanPeriod(raw['period']),
    by: cleanList(raw['by'], /^[a-z_0-9]{1,40}$/, 3),
    saved: cleanSaved(raw['saved']),
    where: cleanWhere(raw['where']),
    hospital: cleanText(raw['hospital'], 100),
    department: cleanText(raw['department'], 100),
    doctor: cleanText(raw['doctor'], 100),
  })
}

/** Of which period what is published: everything that is approved, or one indicator. */
export function publishSearch(raw: RawSearch): { period?: string; code?: string } {
  return said({ period: cleanPeriod(raw['period']), code: cleanCode(raw['code']) })
}

const cleanHash = (value: unknown) => (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined)

export type DefinitionSearch = { before?: string; after?: string; period?: string; hospital?: string; side?: (typeof SIDES)[number]; moved?: 'out' | 'in' }

/** Which two definitions are compared, on which facts, and which of the rows that moved are listed. */
export function definitionSearch(raw: RawSearch): DefinitionSearch {
  return said({
    before: cleanHash(raw['before']),
    after: cleanHash(raw['after']),
    period: cleanPeriod(raw['period']),
    hospital: cleanText(raw['hospital'], 100),
    side: cleanWord(raw['side'], SIDES),
    moved: cleanWord(raw['moved'], ['out', 'in'] as const),
  })
}

export type ExamSearch = { year?: string; hospital?: string }

/** Of which year and hospital the exam is shown. */
export function examSearch(raw: RawSearch): ExamSearch {
  return said({
    year: typeof raw['year'] === 'string' && /^20\d\d$/.test(raw['year']) ? raw['year'] : undefined,
    hospital: cleanText(raw['hospital'], 100),
  })
}

export const FORM_VIEWS = ['sheet', 'filings', 'difference'] as const
export type FormsSearch = { form?: string; period?: string; hospital?: string; view?: (typeof FORM_VIEWS)[number] }

/** Which form is open, of what, and what of it is looked at. */
export function formsSearch(raw: RawSearch): FormsSearch {
  return said({
    form: typeof raw['form'] === 'string' && /^[a-z][a-z0-9-]{0,40}$/.test(raw['form']) ? raw['form'] : undefined,
    period: cleanPeriod(raw['period']),
    hospital: cleanText(raw['hospital'], 100),
    view: cleanWord(raw['view'], FORM_VIEWS),
  })
}

export const ALERT_STATES = ['open', 'acknowledged', 'silenced'] as const

/** Which alerts are listed. */
export function alertsSearch(raw: RawSearch): { alert?: (typeof ALERT_STATES)[number]; code?: string } {
  return said({ alert: cleanWord(raw['alert'], ALERT_STATES), code: cleanCode(raw['code']) })
}

/** Which request for figures is open, and whether those are listed that are over. */
export function requestsSearch(raw: RawSearch): { request?: string | undefined; over?: 'yes' | undefined } {
  return said({ request: cleanSaved(raw['request']), over: cleanWord(raw['over'], ['yes'] as const) })
}

/** Which data service is open. */
export function servicesSearch(raw: RawSearch): { service?: string | undefined } {
  const service = cleanText(raw['service'], 60)
  return said({ service: service && /^[a-z][a-z0-9-]{1,59}$/.test(service) ? service : undefined })
}

/** Which report is open. */
export function reportsSearch(raw: RawSearch): { report?: string | undefined } {
  const report = cleanText(raw['report'], 36)
  return said({ report: report && /^[0-9a-f-]{36}$/.test(report) ? report : undefined })
}

export const FINDING_STATES = ['open', 'assigned', 'acknowledged'] as const
export const RULE_CATEGORIES = ['conformance', 'completeness', 'plausibility'] as const

export type QualitySearch = { list?: 'rules'; finding?: (typeof FINDING_STATES)[number]; category?: (typeof RULE_CATEGORIES)[number]; over?: 'yes' }

/** Which findings and rules of data quality are listed. */
export function qualitySearch(raw: RawSearch): QualitySearch {
  return said({
    list: cleanWord(raw['list'], ['rules'] as const),
    finding: cleanWord(raw['finding'], FINDING_STATES),
    category: cleanWord(raw['category'], RULE_CATEGORIES),
    over: cleanWord(raw['over'], ['yes'] as const),
  })
}

export type RuleSearch = { source?: string; hospital?: string; department?: string; unplaced?: 'yes'; month?: string }

/** Whose rows that violate a rule are listed. */
export function ruleSearch(raw: RawSearch): RuleSearch {
  return said({
    source: cleanText(raw['source'], 100),
    hospital: cleanText(raw['hospital'], 100),
    department: cleanText(raw['department'], 100),
    unplaced: cleanWord(raw['unplaced'], ['yes'] as const),
    month: cleanMonth(raw['month']),
  })
}

/** `?a=1&b=x` as plain texts, and back: addresses that a person can read and type. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(search: RawSearch): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    if (typeof value === 'string' && value !== '') parameters.set(name, value)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}
