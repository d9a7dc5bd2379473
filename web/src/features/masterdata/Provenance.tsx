import type { RecordDetail } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { Said } from './parts'

const FIELDS = ['name_zh', 'name_en', 'pinyin', 'category', 'emergency', 'identifiers'] as const

const fieldName = (t: Translate, field: string) => FIELDS.map((one) => (one === field ? t(`masterdata.field.${one}`) : '')).join('')

/** Whose word each field holds, and whose word lost. */
export function Provenance({ detail }: { detail: RecordDetail }) {
  const { t } = useTexts()
  if (detail.fields.length === 0 && detail.losses.length === 0) return null
  const sourceName = (source: string) => (source === 'people' ? t('masterdata.people') : source)
  return (
    <section className="panel" aria-label={t('masterdata.provenance')}>
      <div className="panel-head">
        <h2>{t('masterdata.provenance')}</h2>
      </div>
      <ul className="change-list">
        {detail.fields.map(({ field, source, rank, said }) => (
          <li key={field}>
            <span className="row">
              <strong>{fieldName(t, field)}</strong>
              <span>{sourceName(source)}</span>
              <span className="quiet">{t('masterdata.rank', { rank })}</span>
              <span className="push">
                <Said position={said} />
              </span>
            </span>
            {detail.losses
              .filter((loss) => loss.field === field)
              .map((loss) => (
                <Lost key={loss.source} loss={loss} source={sourceName(loss.source)} winner={sourceName(loss.winner)} />
              ))}
          </li>
        ))}
        {detail.losses
          .filter((loss) => detail.fields.every(({ field }) => field !== loss.field))
          .map((loss) => (
            <li key={`${loss.field} ${loss.source}`}>
              <strong>{fieldName(t, loss.field)}</strong>
              <Lost loss={loss} source={sourceName(loss.source)} winner={sourceName(loss.winner)} />
            </li>
          ))}
      </ul>
    </section>
  )
}

function Lost({ loss, source, winner }: { loss: RecordDetail['losses'][number]; source: string; winner: string }) {
  const { t } = useTexts()
  return (
    <span className="row quiet">
      <span>{`${t('masterdata.lost')}: ${typeof loss.value === 'string' ? loss.value : JSON.stringify(loss.value)}`}</span>
      <span>{source}</span>
      <span>{loss.winner === '' ? t('masterdata.lostRule') : t('masterdata.lostTo', { winner })}</span>
      <span className="push">
        <Said position={loss.said} />
      </span>
    </span>
  )
}
