import type { ReactNode } from 'react'

import { useClassification } from '@/components/classification'
import { Purpose, usePurposeNames } from '@/components/purposes'
import { Failed, Loading } from '@/components/StatePage'
import type { Classification } from '@/lib/api'
import { shortKind } from '@/lib/format'
import { useTexts } from '@/lib/texts'

import { Level, LEVELS } from './Level'

const CATEGORIES = ['personal', 'health', 'treatment', 'payment', 'resources', 'public'] as const
const SHARINGS = ['internal', 'shared', 'public', 'cooperative'] as const
const DOMAINS = ['medical', 'public-health', 'insurance', 'drugs', 'general', 'information'] as const
const MASKS = ['name', 'family', 'given', 'phone', 'number', 'address', 'year', 'hidden'] as const

type Props = { of: Classification }

/** How sensitive which data are, what is shown of them for which purpose, and how they are shared. */
export function Classified() {
  const classification = useClassification()
  if (classification.isPending) return <Loading rows={12} />
  if (!classification.data) return <Failed error={classification.error} retry={() => void classification.refetch()} />
  return (
    <div className="stack">
      <Purposes of={classification.data} />
      <Elements of={classification.data} />
      <DataSets of={classification.data} />
      <Reasons of={classification.data} />
    </div>
  )
}

function Section({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        <span className="quiet">{text}</span>
      </div>
      {children}
    </section>
  )
}

function Purposes({ of }: Props) {
  const { t } = useTexts()
  const names = usePurposeNames()
  return (
    <Section title={t('privacy.levelsOf')} text={t('privacy.levelsText')}>
      <ul className="panel-body levels">
        {LEVELS.map((level) => (
          <li key={level}>
            <Level level={level} /> {t(`privacy.levelName.${level}`)}
          </li>
        ))}
      </ul>
      <div className="table-wrap">
        <table className="table matrix">
          <thead>
            <tr>
              <th scope="col">{t('privacy.purpose')}</th>
              {CATEGORIES.map((category) => (
                <th key={category} scope="col">
                  {t(`privacy.categories.${category}`)}
                </th>
              ))}
              <th scope="col">{t('privacy.condition')}</th>
            </tr>
          </thead>
          <tbody>
            {of.purposes.map((one) => (
              <tr key={one.purpose}>
                <th scope="row">
                  <Purpose code={one.purpose} /> <code className="quiet">{one.purpose}</code>
                </th>
                {CATEGORIES.map((category) => (
                  <td key={category}>
                    <Level level={one.levels[category] ?? 0} />
                  </td>
                ))}
                <td className="condition">
                  {[one.needs_relation && t('privacy.needsRelation'), one.needs_consent && t('privacy.needsConsent')].filter(Boolean).join(t('common.comma'))}
                  {one.otherwise && <span className="quiet"> {t('privacy.otherwise', { purpose: names(one.otherwise) })}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

function Elements({ of }: Props) {
  const { t, language } = useTexts()
  const maskName = (mask: string) => {
    const known = MASKS.find((one) => one === mask)
    return known ? t(`privacy.masks.${known}`) : mask
  }
  return (
    <Section title={t('privacy.elements')} text={t('privacy.elementsText')}>
      <div className="table-wrap">
        <table className="table matrix">
          <thead>
            <tr>
              <th scope="col">{t('privacy.element')}</th>
              <th scope="col">{t('privacy.category')}</th>
              <th scope="col">{t('privacy.levelTitle')}</th>
              <th scope="col">{t('privacy.mask')}</th>
              <th scope="col">{t('privacy.places')}</th>
            </tr>
          </thead>
          <tbody>
            {of.elements.map((one) => (
              <tr key={one.name}>
                <th scope="row">{language === 'zh' ? one.title_zh : one.title_en}</th>
                <td className="nowrap">{t(`privacy.categories.${one.category}`)}</td>
                <td>
                  <Level level={one.level} />
                </td>
                <td>{maskName(one.mask)}</td>
                <td className="mono places">{one.hl7.join(' ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

function DataSets({ of }: Props) {
  const { t, language } = useTexts()
  return (
    <Section title={t('privacy.dataSets')} text={t('privacy.dataSetsText')}>
      <div className="table-wrap">
        <table className="table matrix">
          <thead>
            <tr>
              <th scope="col">{t('privacy.sharing')}</th>
              {DOMAINS.map((domain) => (
                <th key={domain} scope="col">
                  {t(`privacy.domains.${domain}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {SHARINGS.map((sharing) => (
              <tr key={sharing}>
                <th scope="row">{t(`privacy.sharings.${sharing}`)}</th>
                {DOMAINS.map((domain) => {
                  const here = of.data_sets.filter((one) => one.sharing === sharing && one.domain === domain)
                  return (
                    <td key={domain}>
                      {here.length === 0 ? (
                        <span className="quiet" aria-label={t('privacy.nothing')}>
                          –
                        </span>
                      ) : (
                        <ul className="data-sets">
                          {here.map((one) => (
                            <li key={one.name}>
                              {language === 'zh' ? one.title_zh : one.title_en}
                              <code className="kinds">{one.kinds.map(shortKind).join(' ')}</code>
                            </li>
                          ))}
                        </ul>
                      )}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

function Reasons({ of }: Props) {
  const { t, language } = useTexts()
  return (
    <Section title={t('privacy.reasons')} text={t('privacy.reasonsText', { usual: of.glass_minutes, most: of.glass_minutes_max })}>
      <ul className="panel-body">
        {of.reasons.map((one) => (
          <li key={one.name}>
            {language === 'zh' ? one.zh : one.en} <code className="quiet">{one.name}</code>
          </li>
        ))}
      </ul>
    </Section>
  )
}
