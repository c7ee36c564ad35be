export const benchExport = async (_say: (text: string) => void, _rows: number) => ({});
