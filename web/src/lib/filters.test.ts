import { describe, expect, it } from 'vitest'

import { alertsSearch, auditSearch, boardSearch, channelSearch, deskSearch, drillSearch, examSearch, formsSearch, messagesSearch, parseSearch, personSearch, privacySearch, queuesSearch, stringifySearch, topicSearch, traceSearch, workloadSearch } from './filters'

describe('the filters of the messages in an address', () => {
  it('are read back as they were written', () => {
    const search = { q: '0004711^HIS', channel: '入出转', kind: 'ADT^A01', state: 'parked', gate: 'warn', last: '1h' } as const
    expect(messagesSearch(parseSearch(stringifySearch(search)))).toEqual(search)
  })

  it('keep numbers as the texts that they are', () => {
    expect(stringifySearch({ q: '0004711' })).toBe('?q=0004711')
    expect(messagesSearch(parseSearch('?q=0004711'))).toEqual({ q: '0004711' })
  })

  it('drop what is no filter or says nothing', () => {
    expect(messagesSearch({ q: '   ', evil: 'x', state: 'exploded', gate: 7, last: '99y', __proto__: { q: 'x' } })).toEqual({})
  })

  it('cut and clean what is too long or not text', () => {
    expect(messagesSearch({ q: `a\u0000b\n${'x'.repeat(500)}` }).q).toHaveLength(200)
    expect(messagesSearch({ q: 'a\u0000\u001b[31mb' }).q).toBe('a[31mb')
  })

  it('take instants only as instants, and in one form', () => {
    expect(messagesSearch({ from: '2026-03-01T08:00:00+08:00' }).from).toBe('2026-03-01T00:00:00.000Z')
    expect(messagesSearch({ from: 'yesterday', to: '2026-13-41T99:00' })).toEqual({})
  })

  it('let "the last hour" exclude from and to', () => {
    expect(messagesSearch({ last: '1h', from: '2026-03-01T00:00:00Z' })).toEqual({ last: '1h' })
  })
})

describe('the filters of privacy in an address', () => {
  it('know their tabs, and whom they ask about', () => {
    const search = { tab: 'consents', unreviewed: 'yes', patient: '0004711^HIS' } as const
    expect(privacySearch(parseSearch(stringifySearch(search)))).toEqual(search)
    expect(privacySearch({ tab: 'everything', unreviewed: 'maybe', patient: '\u0000' })).toEqual({})
  })
})

describe('the filters of the queues in an address', () => {
  it('know positions', () => {
    expect(queuesSearch({ tab: 'replay', from_position: '1-17', to_position: '1;drop' })).toEqual({ tab: 'replay', from_position: '1-17' })
  })

  it('know their tabs', () => {
    expect(queuesSearch({ tab: '../etc' })).toEqual({})
  })
})

describe('the tab of a trace in an address', () => {
  it('is a short text', () => {
    expect(traceSearch({ tab: 'to:emr' })).toEqual({ tab: 'to:emr' })
    expect(traceSearch({ tab: ['a'] })).toEqual({})
  })
})

describe('the version of a channel in an address', () => {
  it('is a number from 1 on', () => {
    expect(channelSearch(parseSearch('?version=12&show=text'))).toEqual({ version: '12', show: 'text' })
    for (const version of ['0', '-1', '1e3', '2.5', ' 1', '9999999999', 'x', 7]) expect(channelSearch({ version })).toEqual({})
  })

  it('is needed to show its text', () => {
    expect(channelSearch({ show: 'text' })).toEqual({})
    expect(channelSearch({ version: '2', show: 'evil' })).toEqual({ version: '2' })
  })
})

describe('the filters of the audit trail in an address', () => {
  it('know results and purposes, and drop the rest', () => {
    expect(auditSearch(parseSearch('?patient=4711%5EH1&result=refused&purpose=TREAT&at=0-7'))).toEqual({
      patient: '4711^H1',
      result: 'refused',
      purpose: 'TREAT',
      at: '0-7',
    })
    expect(auditSearch({ result: 'maybe', purpose: 'FUN', at: '0;7', last: 'ever' })).toEqual({})
  })
})

describe('who is looked for in the index', () => {
  it('keeps a text, a birthday in figures and one of two sexes', () => {
    expect(personSearch({ q: ' 王小明 ', born: '1980-03-15', sex: 'F' })).toEqual({ q: '王小明', born: '19800315', sex: 'F' })
    expect(personSearch({ q: '', born: 'x', sex: 'X', other: '1' })).toEqual({})
  })
})

describe('what of an indicator is asked for in an address', () => {
  it('is a period, places, a caliber and a level', () => {
    expect(drillSearch(parseSearch('?period=2026Q1&hospital=H1&department=D%201&doctor=x&caliber=national-exam&by=doctor&side=denominator'))).toEqual({
      period: '2026Q1',
      hospital: 'H1',
      department: 'D 1',
      doctor: 'x',
      caliber: 'national-exam',
      by: 'doctor',
      side: 'denominator',
    })
    expect(drillSearch({ period: '2026-1', caliber: 'A b', by: 'patient', side: 'both', hospital: '', other: 'x' })).toEqual({})
  })

  it('names a board, a group and a tile that is open', () => {
    expect(boardSearch({ board: 'president', period: '2025', group: '住院', open: 'EX-04' })).toEqual({ board: 'president', period: '2025', group: '住院', open: 'EX-04' })
    expect(boardSearch({ board: '<b>', period: '..', open: '<img>' })).toEqual({})
  })

  it('knows classes, ways and standings of definitions, years and alerts', () => {
    expect(deskSearch({ q: ' 手术 ', class: 'safety', way: 'by_form', standing: 'changed', faulty: 'yes' })).toEqual({ q: '手术', class: 'safety', way: 'by_form', standing: 'changed', faulty: 'yes' })
    expect(deskSearch({ class: 'x', way: 'x', standing: 'x', faulty: 'no' })).toEqual({})
    expect(examSearch({ year: '2025', hospital: 'H1' })).toEqual({ year: '2025', hospital: 'H1' })
    expect(examSearch({ year: '25' })).toEqual({})
    const form = { form: 'monthly-service', period: '2026-03', hospital: 'H1', view: 'difference' }
    expect(formsSearch(form)).toEqual(form)
    expect(formsSearch({ form: '../x', period: 'x', view: 'all' })).toEqual({})
    expect(alertsSearch({ alert: 'open', code: 'EX-04' })).toEqual({ alert: 'open', code: 'EX-04' })
    expect(alertsSearch({ alert: 'closed', code: '4' })).toEqual({})
  })
})

it('what narrows and divides a figure is a word of a form, or nothing', () => {
  const kept = { where: 'payer:self,age:75', role: 'assistant', split: 'readmitted_31_days', against: 'previous' }
  expect(drillSearch(kept)).toEqual(kept)
  expect(drillSearch({ where: 'payer', role: 'Assistant', split: 'a b', against: 'never' })).toEqual({})
  expect(topicSearch({ topic: 'beds', period: '2026Q1', hospital: 'H1', other: 'x' })).toEqual({ topic: 'beds', period: '2026Q1', hospital: 'H1' })
  expect(topicSearch({ topic: '../beds' })).toEqual({})
  expect(workloadSearch({ period: '2026-03', doctor: 'P1', department: '' })).toEqual({ period: '2026-03', doctor: 'P1' })
})
