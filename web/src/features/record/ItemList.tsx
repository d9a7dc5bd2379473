import { FileTextOutlined } from '@ant-design/icons'

import type { RecordItem } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Measure, sectionName, Source, StatusMark, Title, Usual, When } from './parts'
import { yearOf } from './times'

type Opens = (item: RecordItem) => void

/** Lines of a record under their years, the newest first. */
export function ItemList({ items, open, sections = false }: { items: RecordItem[]; open: Opens; sections?: boolean }) {
  const { t } = useTexts()
  const years = new Map<string, RecordItem[]>()
  for (const item of items) {
    const year = yearOf(item.at)
    years.set(year, [...(years.get(year) ?? []), item])
  }
  return (
    <div className="record-years">
      {[...years].map(([year, lines]) => (
        <section key={year} aria-label={year || t('record.undated')}>
          <h3 className="record-year num">{year || t('record.undated')}</h3>
          <ul className="record-lines">
            {lines.map((item) => (
              <li key={`${item.type}/${item.id}`}>
                <ItemLine item={item} open={open} section={sections} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

/** One line: when, what, how much, of which state, and who says so. */
export function ItemLine({ item, open, section = false }: { item: RecordItem; open: Opens; section?: boolean }) {
  const { t } = useTexts()
  const lasts = item.section === 'encounter' || item.section === 'medication'
  return (
    <div className="record-line">
      <span className="record-when">
        <When at={item.at} until={lasts ? item.until : ''} />
      </span>
      <button type="button" className="record-open" onClick={() => open(item)}>
        {section && <span className="mark mark-info">{sectionName(t, item.section)}</span>}
        <Title item={item} />
        {item.attached.length > 0 && <FileTextOutlined aria-label={t('record.files', { count: item.attached.length })} />}
      </button>
      <span className="record-value">
        <Measure value={item.value} />
        <Usual value={item.value} />
        {item.parts.map((part) => (
          <span key={part.title} className="record-part">
            <span className="quiet">{part.title}</span> <Measure value={part.value} />
          </span>
        ))}
        {item.detail !== '' && <span className="record-detail">{item.detail}</span>}
      </span>
      <span className="record-end">
        <StatusMark status={item.status} />
        <Source item={item} />
      </span>
    </div>
  )
}
