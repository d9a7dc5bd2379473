import { CloseOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'

import { client, type Dimension, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import type { Slice } from './explored'
import { useSaid } from './parts'

/** By what the rows of an indicator can be narrowed; asked for when something is narrowed. */
export function useDimensions(code: string, period: string, enabled: boolean): Dimension[] {
  const found = useQuery({
    queryKey: ['indicators', 'dimensions', code, period],
    queryFn: () => take(client.GET('/api/v1/indicators/explored', { params: { query: { codes: code, period, by: 'hospital' } } })),
    enabled,
    staleTime: 300_000,
    retry: false,
  })
  return found.data?.dimensions ?? []
}

const PLACES = ['hospital', 'department', 'doctor', 'month']

/** Narrows what is counted: a column, then one of its values or how it begins. */
export function SlicePicker({ dimensions, add }: { dimensions: Dimension[]; add: (column: string, value: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const [column, setColumn] = useState('')
  const [text, setText] = useState('')
  const offered = dimensions.filter((one) => !PLACES.includes(one.column))
  const chosen = offered.find((one) => one.column === column)
  const done = (value: string) => {
    add(column, value)
    setColumn('')
    setText('')
  }
  if (offered.length === 0) return null
  return (
    <span className="row">
      <select className="native" aria-label={t('indicators.explore.narrow')} value={column} onChange={({ target }) => setColumn(target.value)}>
        <option value="">{t('indicators.explore.narrow')}</option>
        {offered.map((one) => (
          <option key={one.column} value={one.column}>
            {said(one.name)}
          </option>
        ))}
      </select>
      {chosen && !chosen.text && (
        <select className="native" aria-label={said(chosen.name)} value="" onChange={({ target }) => done(target.value)}>
          <option value="">{t('indicators.explore.value')}</option>
          {chosen.values.map(({ code, name }) => (
            <option key={code} value={code}>
              {said(name)}
            </option>
          ))}
        </select>
      )}
      {chosen?.text && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            if (text.trim() !== '') done(text.trim().replaceAll(',', ''))
          }}
        >
          <input className="native slice-text" aria-label={t('indicators.explore.begins', { name: said(chosen.name) })} placeholder={t('indicators.explore.beginsHint')} maxLength={40} value={text} onChange={({ target }) => setText(target.value)} />
          <Button size="small" htmlType="submit">
            {t('indicators.explore.add')}
          </Button>
        </form>
      )}
    </span>
  )
}

/** What is narrowed; each can be taken away. */
export function SliceChips({ slices, dimensions, remove }: { slices: readonly Slice[]; dimensions: Dimension[]; remove: (column: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  return slices.map(({ column, value }) => {
    const of = dimensions.find((one) => one.column === column)
    const named = of?.values.find(({ code }) => code === value)
    const text = `${of ? said(of.name) : column}${of?.text ? ' ' : '：'}${named ? said(named.name) : of?.text ? `${value}…` : value}`
    return (
      <Button key={column} size="small" icon={<CloseOutlined />} iconPlacement="end" aria-label={t('indicators.explore.remove', { slice: text })} onClick={() => remove(column)}>
        {text}
      </Button>
    )
  })
}
