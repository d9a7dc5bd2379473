import { useQuery } from '@tanstack/react-query'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { type Certificate, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Every certificate that the installation knows, what runs out first before the others. */
export function Certificates() {
  const { t } = useTexts()
  const known = useQuery({
    queryKey: ['certificates'],
    queryFn: () => take(client.GET('/api/v1/certificates')),
  })
  if (!known.data?.length) return null
  return (
    <section className="panel" aria-label={t('overview.certificates')}>
      <div className="panel-head">
        <h2>{t('overview.certificates')}</h2>
        <span className="quiet">{t('overview.certificatesText')}</span>
      </div>
      <ul className="certificates">
        {known.data.map((one, place) => (
          <Line key={`${one.used_by} ${one.place} ${place}`} certificate={one} />
        ))}
      </ul>
    </section>
  )
}

function Line({ certificate }: { certificate: Certificate }) {
  const { t, language } = useTexts()
  const worst = certificate.problems[0]
  const days = certificate.days_left
  return (
    <li>
      <Mark tone={worst ? 'bad' : 'good'}>
        {days === null ? t('overview.certificateUnknown') : t('overview.certificateDays', { count: days })}
      </Mark>
      <strong>{certificate.subject || certificate.place}</strong>
      <span className="quiet">{certificate.used_by}</span>
      {certificate.until && <Instant at={certificate.until} />}
      {worst && <span>{worst[language].what}</span>}
    </li>
  )
}
