/** Numbers as people read them. */

/** `0`, `0.4`, `12`, `1.2k`, `34k`, `1.2M`: at most four characters, for a crowded place. */
export function compact(count: number): string {
  if (count < 1000) return count < 10 && !Number.isInteger(count) ? count.toFixed(1) : String(Math.round(count))
  const [size, unit] = count < 999_500 ? [1000, 'k'] : [1_000_000, 'M']
  const scaled = count / size
  return `${scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, '') : Math.round(scaled)}${unit}`
}

/** `812 B`, `1.4 KB`, `3.0 MB`. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(1)} KB`
  return `${(size / 1024 / 1024).toFixed(1)} MB`
}

/** `ADT^A01` out of `hl7v2 ADT^A01`: what people call the kind. */
export function shortKind(kind: string): string {
  return kind.startsWith('hl7v2 ') ? kind.slice(6) : kind
}

/** What the server calls the kind that a person typed: `ADT` and `ADT^A01` are HL7 v2. */
export function fullKind(typed: string): string {
  if (/^[A-Z][A-Z0-9]{2}$/i.test(typed)) return `hl7v2 ${typed.toUpperCase()}^*`
  return /^[A-Z][A-Z0-9]{2}[\^*]/i.test(typed) ? `hl7v2 ${typed.toUpperCase()}` : typed
}
