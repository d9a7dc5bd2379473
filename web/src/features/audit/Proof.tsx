import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'

import { Failed } from '@/components/StatePage'
import { type AuditProof, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Proves the newest acts by the hash chain, when asked to. */
export function Proof() {
  const { t } = useTexts()
  const proof = useMutation({ mutationFn: () => take(client.POST('/api/v1/audit/verify')) })
  return (
    <>
      <Button size="small" loading={proof.isPending} onClick={() => proof.mutate()}>
        {proof.isPending ? t('audit.verifying') : t('audit.verify')}
      </Button>
      {proof.data && <Found proof={proof.data} />}
      {proof.isError && <Failed error={proof.error} retry={() => proof.mutate()} />}
    </>
  )
}

function Found({ proof }: { proof: AuditProof }) {
  const { t, language } = useTexts()
  if (proof.ok)
    return (
      <span role="status" className="audit-whole">
        ✓ {t('audit.whole', { count: proof.acts, from: proof.number_from, to: proof.number_to })}
      </span>
    )
  return (
    <span role="alert" className="audit-broken">
      ✗ {t('audit.broken', { number: proof.first_broken ?? proof.number_from })} {proof.problem?.[language]}
    </span>
  )
}
