/** The words of the index for which the catalogue has texts. */

export const KINDS = [
  'citizen', 'residence-permit', 'home-return-permit', 'taiwan-permit', 'foreigner-residence', 'passport', 'military', 'birth-certificate',
  'health-card', 'e-health-card', 'insurance', 'social-security', 'hospital-card', 'bracelet', 'other', 'unsaid',
] as const

export const FLAGS = ['unknown', 'newborn', 'estimated-birth', 'alias', 'deceased', 'stillborn', 'vip', 'test'] as const

export const ELEMENTS = [
  'prior', 'name', 'name-rarity', 'birth', 'sex', 'lifelong', 'unproven', 'document', 'card', 'phone', 'address', 'household', 'mother',
] as const

export const LEVELS = [
  'CONFLICT', 'INCOMPARABLE', 'DIFFERENT', 'TRANSPOSED', 'TYPO', 'SAME_BODY', 'EQUAL', 'SURNAME_ONLY', 'GIVEN_NAME_ONLY', 'ONE_CHARACTER',
  'SIMILAR_SHAPE', 'LOST_CHARACTER', 'SAME_PINYIN', 'SURNAME_SLIP', 'VARIANT', 'SAME_YEAR', 'YEAR_ONLY', 'ONE_DIGIT', 'MISTYPED', 'LUNAR', 'SWAPPED', 'MONTH',
  'SAME_LINE', 'SAME_DISTRICT', 'SAME_PLACE', 'SAME_HOUSE', 'ALIKE', 'SAME_HOME', 'NAME', 'NUMBER',
] as const

export const LANES = ['AUTO', 'REVIEW', 'NEW', 'SUPPRESS'] as const
export const WHYS = ['score', 'apart', 'refused'] as const
export const GRADES = ['certain', 'probable', 'possible', 'certainly-not'] as const
export const HELD = [
  'name', 'other_names', 'sex', 'born', 'identifiers', 'phones', 'addresses', 'multiple_birth', 'birth_order', 'mother', 'mother_name', 'deceased',
] as const
