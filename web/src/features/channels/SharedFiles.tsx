import { Mark } from '@/components/StateMark'
import type { SharedFileDifference } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Lines } from './Lines'

type SharedFilesProps = { files: SharedFileDifference[] | null; version: number; inForce: number }

/** The tables, step lists and functions of two versions: which differ, and where. */
export function SharedFiles({ files, version, inForce }: SharedFilesProps) {
  const { t } = useTexts()
  return (
    <section className="version-files" aria-label={t('channels.sharedFiles')}>
      <h3>{t('channels.sharedFiles')}</h3>
      {!files?.length && <p className="version-remark">{t(files ? 'channels.noSharedFiles' : 'channels.filesNotKept')}</p>}
      {files?.map((file) => (
        <section key={file.name} aria-label={file.name}>
          <h4 className="row">
            <span className="mono">{file.name}</span> <Told file={file} version={version} inForce={inForce} />
          </h4>
          {file.lines && <Lines lines={file.lines} version={version} inForce={inForce} label={file.name} />}
          {!file.same && !file.lines && <p className="version-remark">{t('channels.tooLong')}</p>}
        </section>
      ))}
    </section>
  )
}

function Told({ file, version, inForce }: { file: SharedFileDifference; version: number; inForce: number }) {
  const { t } = useTexts()
  if (file.same) return <Mark tone="mute">{t('channels.fileSame')}</Mark>
  if (file.where === 'both') return <Mark tone="warn">{t('channels.fileDiffers')}</Mark>
  return <Mark tone="warn">{t('channels.fileOnly', { version: file.where === 'this' ? version : inForce })}</Mark>
}
