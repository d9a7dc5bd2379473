import { describe, expect, test } from 'vitest'

import type { RecordItem, RecordSeries } from '@/lib/api'

import { columnOf, sheetOf, spelled, type Stay, stayOf, weeksOf } from './sheet'

const ZONE = 'Asia/Shanghai'
const DIGITS = '〇一二三四五六七八九十时分'

function series(vital: string, ...points: [at: string, text: string][]): RecordSeries {
  return {
    key: vital,
    title: vital,
    code: null,
    unit: '',
    vital,
    section: 'vital-sign',
    count: points.length,
    points: points.map(([at, text]) => ({ at, number: Number(text), status: 'final', type: 'Observation', id: at, value: { text, unit: '', low: '', high: '', range: '', interpretation: '', abnormal: false, absent: '' } })),
  }
}

const stay: Stay = { id: 'e', at: '2026-03-01T08:15:00+08:00', until: '2026-03-09T10:00:00+08:00', finished: true, places: [{ at: '2026-03-01T08:15:00+08:00', name: 'W1' }, { at: '2026-03-02T15:08:00+08:00', name: 'W2' }] }
const operation = (at: string) => ({ at, status: 'completed', title: 'appendectomy' }) as RecordItem

describe('a temperature sheet', () => {
  test('a time stands in the column of its four hours, on the clock of the hospital', () => {
    expect(columnOf('2026-03-01T23:30:00Z', ZONE)).toEqual({ day: '2026-03-02', slot: 1, time: '07:30' })
    expect(columnOf('2026-03-01', ZONE)).toBeNull()
  })

  test('it begins on the day of admission and goes on by weeks until the patient leaves', () => {
    expect(weeksOf([], stay, ZONE)).toEqual({ first: '2026-03-01', count: 2 })
    expect(weeksOf([], undefined, ZONE)).toBeNull()
    const { days, stayed } = sheetOf({ series: [], procedures: [], stay, zone: ZONE }, '2026-03-01', 2)
    expect(days[0]).toBe('2026-03-08')
    expect(stayed).toEqual(['8', '9', '', '', '', '', ''])
  })

  test('a column holds the reading nearest to its hour, and what a fever came down to', () => {
    const all = [
      series('temperature', ['2026-03-01T13:00:00+08:00', '38.1'], ['2026-03-01T14:05:00+08:00', '39.2'], ['2026-03-01T14:40:00+08:00', '38.0']),
      series('temperature-oral', ['2026-03-02T06:00:00+08:00', '36.9']),
      series('systolic', ['2026-03-01T09:00:00+08:00', '118'], ['2026-03-01T20:00:00+08:00', '126']),
      series('diastolic', ['2026-03-01T09:00:00+08:00', '76']),
      series('intake', ['2026-03-01', '2100']),
    ]
    const sheet = sheetOf({ series: all, procedures: [], stay, zone: ZONE }, '2026-03-01', 1)
    expect(sheet.temperatures.map(({ slot, text, way, cooled }) => [slot, text, way, cooled?.text])).toEqual([
      [3, '39.2', 'axillary', '38.0'],
      [1, '36.9', 'oral', undefined],
    ])
    expect([...sheet.pressures.values()]).toEqual(['118/76', '126/–'])
    expect(sheet.daily.get('intake 2026-03-01')).toBe('2100')
  })

  test('days after operations count from the day after each, for two weeks', () => {
    const procedures = [operation('2026-03-01T10:00:00+08:00'), operation('2026-03-05T10:00:00+08:00')]
    const { operated, events } = sheetOf({ series: [], procedures, stay, zone: ZONE }, '2026-03-01', 1)
    expect(operated).toEqual(['', '1', '2', '3', '4', '1/5', '2/6'])
    expect(events.map(({ kind, day }) => `${kind} ${day}`)).toEqual(['operated 2026-03-01', 'operated 2026-03-05', 'admitted 2026-03-01', 'moved 2026-03-02'])
  })

  test('events are told in numerals of the language', () => {
    expect(['08:15', '20:00', '11:30', '00:05'].map((time) => spelled(time, DIGITS))).toEqual(['八时十五分', '二十时', '十一时三十分', '〇时五分'])
    expect(spelled('08:15', '-')).toBe('08:15')
  })

  test('a stay tells where the patient lay from the places of its Encounter', () => {
    const item = { id: 'e', at: 'a', until: '', status: 'in-progress' } as RecordItem
    const resource = { location: [{ period: { start: '2026-03-02' }, location: { display: 'B' } }, { period: { start: '2026-03-01' } }, { location: {} }] }
    expect(stayOf(item, resource).places).toEqual([{ at: '2026-03-01', name: '' }, { at: '2026-03-02', name: 'B' }])
    expect(stayOf(item, null).places).toEqual([])
  })
})
