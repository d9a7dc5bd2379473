import './picker.css'

import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useId, useMemo, useState } from 'react'

import { client, take } from '@/lib/api'
import { flat, forest, pruned } from '@/lib/forest'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

type Props = {
  label: string
  value: string
  change: (code: string) => void
  hint?: string
  disabled?: boolean
}

const SHOWN_MAX = 200

/** An organisation by its code, found in the tree by name or code; a code may be typed, too. */
export function OrganisationPicker({ label, value, change, hint, disabled = false }: Props) {
  const { t, language } = useTexts()
  const id = useId()
  const reads = useMay()('masterdata.read')
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const tree = useQuery({
    queryKey: ['masterdata', 'tree', 'management', undefined],
    queryFn: () => take(client.GET('/api/v1/masterdata/trees/{tree}', { params: { path: { tree: 'management' } } })),
    enabled: reads && !disabled,
    staleTime: 60_000,
    retry: false,
  })
  const nodes = useMemo(() => tree.data?.nodes ?? [], [tree.data])
  const chosen = nodes.find(({ code }) => code === value.trim())
  const rows = useMemo(
    () => flat(pruned(forest(nodes), chosen === undefined ? value : '')).slice(0, SHOWN_MAX),
    [nodes, chosen, value],
  )
  const name = ({ name_zh, name_en, code }: { name_zh: string; name_en: string; code: string }) =>
    (language === 'zh' ? name_zh || name_en : name_en || name_zh) || code
  const step = (by: 1 | -1) => {
    let next = active
    do next += by
    while (rows[next]?.branch.beyond === true)
    if (rows[next] !== undefined) setActive(next)
  }
  const choose = (place: number) => {
    const row = rows[place]
    if (row === undefined || row.branch.beyond) return
    change(row.branch.code)
    setOpen(false)
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (open) step(event.key === 'ArrowDown' ? 1 : -1)
      else setOpen(true)
    } else if (event.key === 'Enter' && open && active >= 0) {
      event.preventDefault()
      choose(active)
    } else if (event.key === 'Escape' && open) {
      event.stopPropagation()
      setOpen(false)
    }
  }
  const listed = open && rows.length > 0
  return (
    <div className="picker">
      <label className="field">
        {label}
        <input
          className="native"
          role="combobox"
          aria-expanded={listed}
          aria-controls={`${id}list`}
          aria-autocomplete="list"
          aria-activedescendant={listed && active >= 0 ? `${id}${active}` : undefined}
          value={value}
          disabled={disabled}
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
          placeholder={hint ?? t('masterdata.pick')}
          onFocus={() => {
            setOpen(true)
            setActive(-1)
          }}
          onBlur={() => setOpen(false)}
          onKeyDown={press}
          onChange={({ target }) => {
            change(target.value)
            setOpen(nodes.every(({ code }) => code !== target.value.trim()))
            setActive(-1)
          }}
        />
      </label>
      {chosen !== undefined && !listed && <span className="quiet picker-name">{name(chosen)}</span>}
      {listed && (
        <ul id={`${id}list`} role="listbox" aria-label={label} className="picker-list">
          {rows.map(({ branch, depth }, place) => (
            <li
              key={branch.code}
              id={`${id}${place}`}
              role="option"
              aria-selected={place === active}
              aria-disabled={branch.beyond}
              className={`picker-row${place === active ? ' picker-active' : ''}`}
              style={{ paddingInlineStart: 8 + 16 * depth }}
              ref={(row) => {
                if (place === active) row?.scrollIntoView({ block: 'nearest' })
              }}
              onMouseDown={(event) => {
                event.preventDefault()
                choose(place)
              }}
            >
              <span>{name(branch)}</span> <code>{branch.code}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
