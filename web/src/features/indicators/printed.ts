/** A figure as it is printed, with its thousands parted; every digit of it stays. */
export function asPrinted(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const parted = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? parted : `${parted}.${fraction}`
}

/** A difference, with its sign; nothing where there is none. */
export function asChange(text: string | null): string {
  if (text === null || Number(text) === 0) return ''
  return text.startsWith('-') ? `−${asPrinted(text.slice(1))}` : `+${asPrinted(text)}`
}
