export const channelTone = { running: 'good', stopped: 'mute', faulty: 'bad', retired: 'mute' } as const
