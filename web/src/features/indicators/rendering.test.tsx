// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import type { Figure } from '@/lib/api'
import { SessionContext } from '@/lib/session'
import { startTexts } from '@/lib/texts'

import { Bars } from './Bars'
import { MonthChart } from './MonthChart'
import { MonthLine } from './MonthLine'
import { Complete, Moved, Target, Uncounted, Value } from './parts'

const EVIL = '<img src=x onerror="globalThis.pwned=1">'

beforeAll(() => startTexts('zh'))
afterEach(cleanup)

const figure = (change: Partial<Figure>): Figure => ({ numerator: 1, denominator: 2, value: 50, ...change }) as Figure
const place = (code: string, zh = code) => ({ code, name: { zh, en: zh } })

describe('a value', () => {
  it('says its unit, and the exact number where it was shortened', () => {
    const { container } = render(<Value value={1_234_567.5} unit="yuan" />)
    expect(container.textContent).toBe('123.5万元')
    expect(container.querySelector('.value')?.getAttribute('title')).toBe('1,234,567.5元')
  })

  it('that is none says so', () => expect(render(<Value value={null} unit="percent" />).container.textContent).toBe('无数值'))
})

describe('what is not counted', () => {
  it('says once that there are no data, and names every other reason before its words', () => {
    const why = '无数据（尚未接入）：从未收到数据'
    expect(render(<Uncounted way="no_data" why={why} />).container.textContent).toBe(why)
    cleanup()
    expect(render(<Uncounted way="by_form" why="附证书" />).container.textContent).toBe('填报 附证书')
  })
})

describe('a change', () => {
  it('is told by arrow, sign and word, not by colour alone', () => {
    const { container } = render(<Moved label="同比" by={-2.5} unit="percent" better="up" />)
    expect(container.textContent).toContain('▼')
    expect(container.textContent).toContain('下降')
    expect(container.textContent).toContain('2.5 个百分点')
    expect(container.textContent).toContain('!')
    expect(container.textContent).toContain('转差')
  })

  it('is not judged where neither way is better', () => {
    const { container } = render(<Moved label="环比" by={7} unit="count" better="neither" />)
    expect(container.textContent).toContain('▲')
    expect(container.textContent).not.toMatch(/向好|转差|✓|!/)
  })
})

describe('a target', () => {
  it('says which side of it is better, and whether it is reached', () => {
    expect(render(<Target target={30} reached={false} unit="percent" better="down" />).container.textContent).toBe('目标 ≤ 30.0% 未达标')
    cleanup()
    expect(render(<Target target={30} reached unit="percent" better="up" />).container.textContent).toBe('目标 ≥ 30.0% 达标')
  })
})

describe('completeness', () => {
  it('says how far the data reach, on the clock of the hospital', () => {
    render(
      <SessionContext value={{ timezone: 'Asia/Shanghai' } as never}>
        <Complete complete={false} newest="2026-03-30T16:30:00Z" />
      </SessionContext>,
    )
    expect(screen.getByText('未齐')).toBeTruthy()
    expect(screen.getByText('至 03-31')).toBeTruthy()
  })
})

describe('a line of months', () => {
  it('says in words what it draws', () => {
    render(<MonthLine points={[{ month: '2026-01', value: 3 }, { month: '2026-02', value: null }, { month: '2026-03', value: 9 }]} unit="days" />)
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('2026年1月至2026年3月：最低 3.00天（2026年1月），最高 9.00天（2026年3月）')
  })
})

describe('the months of a chart', () => {
  it('are buttons, the one that is shown marked', () => {
    const open = vi.fn()
    render(<MonthChart figures={[figure({ month: '2026-02', value: 1, last_year: 3 }), figure({ month: '2026-03', value: null })]} unit="percent" chosen="2026-03" open={open} />)
    expect(screen.getByRole('button', { current: 'date' }).textContent).toContain('2026年3月 无数值')
    fireEvent.click(screen.getByRole('button', { name: /2026年2月 1\.00%/ }))
    expect(open).toHaveBeenCalledWith('2026-02')
  })
})

describe('bars', () => {
  const figures = [
    figure({ department: place('B', '乙'), value: 10, rank: 2 }),
    figure({ department: place('C', EVIL), value: null, numerator: 0, denominator: 0 }),
    figure({ department: place('N', EVIL), value: null, numerator: null, denominator: null, no_data: { zh: '无数据（尚未接入）', en: 'no data' } }),
    figure({ department: place('A', '甲'), value: 40, rank: 1 }),
  ]

  it('stand in the order of their ranks, those without a value last', () => {
    render(<Bars figures={figures} level="department" unit="percent" better="up" whole={25} money={null} open={null} />)
    expect(screen.getAllByRole('listitem').map((bar) => bar.querySelector('.bar-name')?.textContent)).toEqual(['甲', '乙', EVIL, EVIL])
  })

  it('say no data where nothing is known, and why, and no number', () => {
    render(<Bars figures={figures} level="department" unit="percent" better="up" whole={25} money={{ numerator: false, denominator: false }} open={null} />)
    const [, , zero, unknown] = screen.getAllByRole('listitem')
    expect(zero?.textContent).toContain('0 / 0')
    expect(unknown?.textContent).toContain('无数据')
    expect(unknown?.textContent).not.toContain('0')
    expect(unknown?.querySelector('[title="无数据（尚未接入）"]')).not.toBeNull()
  })

  it('show names as text, and open what is below', () => {
    const open = vi.fn()
    const { container } = render(<Bars figures={figures} level="department" unit="percent" better="up" whole={25} money={{ numerator: false, denominator: false }} open={open} />)
    expect(container.querySelectorAll('img')).toHaveLength(0)
    fireEvent.click(screen.getByRole('button', { name: '甲' }))
    expect(open.mock.calls[0]?.[0].code).toBe('A')
  })
})
