import { describe, expect, it } from 'vitest'

import { fieldOf, fromEditor, linesOf, readLines, toEditor } from './hl7'

const MESSAGE = [
  'MSH|^~\\&|HIS|HOSP1|||20260301081502||ADT^A01|C1|P|2.4',
  'PID|1||0004711^^^HIS^PI~99^^^PRC^NI||Test^Patient',
  'OBX|1|NM|GLU||5.1',
  'OBX|2|NM|K||3.9',
].join('\r')

const joined = (body: string) => readLines(body).map((line) => line.tokens.map((token) => token.text).join(''))
const fieldsWith = (text: string) =>
  readLines(MESSAGE).flatMap((line) => line.tokens.filter((token) => token.text === text).map((token) => token.field))

describe('reading lines', () => {
  it('loses no character of any text', () => {
    const random = generator(7)
    const letters = 'MSHPIDOBX|^~\\&#\r\n\t "<>é测0'
    for (let round = 0; round < 2000; round++) {
      let body = round % 2 === 0 ? 'MSH|^~\\&|' : ''
      for (let n = random(60); n > 0; n--) body += letters.charAt(random(letters.length))
      expect(joined(body)).toEqual(linesOf(body))
    }
  })

  it('numbers fields as HL7 does, the separator of a header being its field 1', () => {
    expect(fieldsWith('HIS')).toEqual(['MSH-3', 'PID-3'])
    expect(fieldsWith('Patient')).toEqual(['PID-5'])
    expect(fieldsWith('3.9')).toEqual(['OBX(2)-5'])
  })

  it('sets delimiters apart, whichever a message declares', () => {
    const [header, pid] = readLines('MSH#*~\\&#HIS\rPID#1##7*a^b')
    expect(header?.tokens.map(({ kind }) => kind)).toEqual(['segment', 'delimiter', 'delimiter', 'delimiter', 'value'])
    expect(pid?.tokens.filter(({ kind }) => kind === 'delimiter').map(({ text }) => text)).toEqual(['#', '#', '#', '*'])
    expect(pid?.tokens.at(-1)).toEqual({ text: 'a^b', kind: 'value', field: 'PID-3' })
  })

  it('shows what is not HL7 as it is', () => {
    expect(readLines('{"a":"x|y"}\n}')).toEqual([
      { tokens: [{ text: '{"a":"x|y"}', kind: 'value', field: '' }] },
      { tokens: [{ text: '}', kind: 'value', field: '' }] },
    ])
  })
})

describe('the field of a path', () => {
  it.each([
    ['PID-3(2).4', 'PID-3'],
    ['OBX(3)-5.1.2', 'OBX(3)-5'],
    ['OBX(1)-5', 'OBX-5'],
    ['PV1', 'PV1'],
    ['ZZ', 'ZZ'],
  ])('%s lies in %s', (path, field) => expect(fieldOf(path)).toBe(field))
})

describe('editing', () => {
  it('gives segments back with the ends that HL7 wants', () => {
    expect(fromEditor(toEditor(`${MESSAGE}\r`), MESSAGE)).toBe(`${MESSAGE}\r`)
    expect(fromEditor('MSH|^~\\&\r\n\nPID|1\n', MESSAGE)).toBe('MSH|^~\\&\rPID|1\r')
  })

  it('leaves other text alone', () => {
    expect(fromEditor('{\n}', '{}')).toBe('{\n}')
  })
})

/** Whole numbers below a limit, the same ones in every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * limit)
  }
}
