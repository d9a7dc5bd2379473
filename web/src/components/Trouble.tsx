import { ApiFailure } from '@/lib/api'

import { ProblemView } from './ProblemView'
import { Failed } from './StatePage'

/** Why a form was not taken, in the server's words, in the form. */
export function Trouble({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  return (
    <div role="alert">
      {error instanceof ApiFailure && error.problem ? <ProblemView problem={error.problem} /> : <Failed error={error} />}
    </div>
  )
}
