/** Shows HL7 v2 text as people read it: a segment on each line, delimiters apart from values. */

export type Token = {
  text: string
  kind: 'segment' | 'delimiter' | 'value'
  /** The field that the token belongs to, such as `PID-3` or `OBX(2)-5`; empty for none. */
  field: string
}
export type Line = { tokens: Token[] }

const SEGMENT = /^[A-Z][A-Z0-9]{2}$/

/** Whether the text begins like a message or a batch of HL7 v2. */
export function isHl7(body: string): boolean {
  return /^(MSH|FHS|BHS)./.test(body)
}

/** The lines of any text, whatever ends them; a last end is not a line of its own. */
export function linesOf(body: string): string[] {
  const lines = body.split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Cut a message into tokens. Joined again, the tokens of a line are the line. */
export function readLines(body: string): Line[] {
  if (!isHl7(body)) return linesOf(body).map((text) => ({ tokens: [{ text, kind: 'value', field: '' }] }))
  const separator = body.charAt(3)
  const delimiters = new Set(body.slice(4, 8).split(separator)[0])
  delimiters.delete('\\')
  const seen = new Map<string, number>()
  return linesOf(body).map((line) => readSegment(line, separator, delimiters, seen))
}

function readSegment(line: string, separator: string, delimiters: Set<string>, seen: Map<string, number>): Line {
  const name = line.slice(0, 3)
  if (!SEGMENT.test(name)) return { tokens: [{ text: line, kind: 'value', field: '' }] }
  const occurrence = (seen.get(name) ?? 0) + 1
  seen.set(name, occurrence)
  const place = occurrence === 1 ? name : `${name}(${occurrence})`
  const header = name === 'MSH' || name === 'FHS' || name === 'BHS'

  const tokens: Token[] = [{ text: name, kind: 'segment', field: '' }]
  const fields = line.slice(3).split(separator)
  // In a header the separator itself is field 1, so that what follows it is field 2.
  const shift = header ? 1 : 0
  for (const [index, text] of fields.entries()) {
    if (index > 0) tokens.push({ text: separator, kind: 'delimiter', field: '' })
    const field = `${place}-${index + shift}`
    const marks = header && index === 1
    if (index === 0 || marks) {
      if (text !== '') tokens.push({ text, kind: marks ? 'delimiter' : 'value', field: marks ? field : '' })
    } else tokens.push(...readField(text, field, delimiters))
  }
  return { tokens }
}

function readField(text: string, field: string, delimiters: Set<string>): Token[] {
  const tokens: Token[] = []
  let value = ''
  const flush = () => {
    if (value !== '') tokens.push({ text: value, kind: 'value', field })
    value = ''
  }
  for (const character of text) {
    if (delimiters.has(character)) {
      flush()
      tokens.push({ text: character, kind: 'delimiter', field })
    } else value += character
  }
  flush()
  return tokens
}

/** The field of a path: `PID-3` of `PID-3(2).4`, `OBX(2)-5` of `OBX(2)-5.1`, `PID` of `PID`. */
export function fieldOf(path: string): string {
  const found = /^([A-Z][A-Z0-9]{2})(?:\((\d+)\))?(?:-(\d+))?/.exec(path)
  if (!found) return path
  const [, name, occurrence, field] = found
  const place = occurrence === undefined || occurrence === '1' ? name : `${name}(${occurrence})`
  return field === undefined ? `${place}` : `${place}-${field}`
}

/** What a person edited, as it goes over the wire: segments end with a carriage return. */
export function fromEditor(text: string, original: string): string {
  if (!isHl7(original)) return text
  const lines = linesOf(text).filter((line) => line !== '')
  return lines.map((line) => `${line}\r`).join('')
}

/** A message for a text box: one segment on each line. */
export function toEditor(body: string): string {
  return linesOf(body).join('\n')
}
