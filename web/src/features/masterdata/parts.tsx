import { Link } from '@tanstack/react-router'

import type { MasterRecord } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

/** The name in the reader's language, or whatever there is. */
export function useName() {
  const { language } = useTexts()
  return ({ name_zh, name_en, code }: Pick<MasterRecord, 'name_zh' | 'name_en' | 'code'>) =>
    (language === 'zh' ? name_zh || name_en : name_en || name_zh) || code
}

/** A record by name and code. */
export function RecordLink({ kind, record, day }: { kind: string; record: Pick<MasterRecord, 'name_zh' | 'name_en' | 'code'>; day: string | undefined }) {
  const name = useName()
  return (
    <Link to="/masterdata/$kind/$code" params={{ kind, code: record.code }} search={day === undefined ? {} : { as_of: day }}>
      {name(record)}
    </Link>
  )
}

/** What a tree is called. */
export function treeName(t: Translate, tree: string): string {
  if (tree === 'management') return t('masterdata.treeName.management')
  if (tree === 'specialty') return t('masterdata.treeName.specialty')
  return t('masterdata.treeName.other', { name: tree })
}

/** A span of days. */
export function Days({ from, to }: { from: string | null; to: string | null }) {
  const { t } = useTexts()
  if (from === null && to === null) return <span className="quiet">{t('masterdata.always')}</span>
  return <span className="num nowrap">{`${from ?? '…'} – ${to ?? '…'}`}</span>
}

/** Where it is written that something holds. */
export function Said({ position }: { position: string }) {
  return (
    <Link to="/messages/$position" params={{ position }} className="mono">
      {position}
    </Link>
  )
}
