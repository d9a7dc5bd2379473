import { Link } from '@tanstack/react-router'

import { useClassification } from '@/components/classification'
import type { Glass } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

/** Say what a reason is called in the reader's language; one that is gone by its name. */
export function useReasonNames(): (reason: string) => string {
  const { language } = useTexts()
  const { data } = useClassification()
  return (name) => data?.reasons.find((one) => one.name === name)?.[language] ?? name
}

/** Whose data were seen, leading to what the trail says of that person and that patient. */
export function Whose({ glass: { name, patients, position } }: { glass: Glass }) {
  const { t } = useTexts()
  const audits = useMay()('audit.read')
  if (patients.length === 0) return <span className="mono">{t('privacy.message', { position })}</span>
  return (
    <span className="whose">
      {patients.map((patient) => (
        <span key={patient}>
          <span className="mono">{patient}</span>{' '}
          {audits && (
            <Link className="trail-link" to="/audit" search={{ account: name, patient }} aria-label={t('privacy.trailOf', { name, patient })}>
              {t('privacy.trail')}
            </Link>
          )}
        </span>
      ))}
    </span>
  )
}
