import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatMatrixMarket, parseMatrixMarket, parseMatrixMarketStream } from '../../../src/ts/io/matrix-market.js';
import { expectParseError } from '../support/errors.js';
import { describeShared, matrixFiles, readMatrixFile } from '../support/shared.js';

/** Rows, columns and entries with both triangles, counted with awk. */
const SIZES: Record<string, [rows: number, cols: number, nnz: number]> = {
  '494_bus.mtx': [494, 494, 1666],
  'ash219.mtx': [219, 85, 438],
  'bcspwr10.mtx': [5300, 5300, 21842],
  'bcsstk13.mtx': [2003, 2003, 83883],
  'cage5.mtx': [37, 37, 233],
  'cryg2500.mtx': [2500, 2500, 12349],
  'impcol_a.mtx': [207, 207, 572],
  'jagmesh7.mtx': [1138, 1138, 7450],
  'lp_e226.mtx': [223, 472, 2768],
  'lpi_galenet.mtx': [8, 14, 22],
  'olm500.mtx': [500, 500, 1996],
  'rajat01.mtx': [6833, 6833, 43250],
  'watt_2.mtx': [1856, 1856, 11550],
  'west0067.mtx': [67, 67, 294],
  'west0479.mtx': [479, 479, 1910],
};

const COMPLEX = ['arrowc.mtx', 'young1c.mtx'];

/** A reader as plain as can be: split, Number, and a map of places. */
function plainRead(text: string): Map<string, number> {
  const [header, ...lines] = text.split(/\r?\n/);
  const [, , , field, symmetry] = header!.split(/\s+/);
  const [, ...entries] = lines.filter((line) => line.trim() !== '' && !line.startsWith('%'));
  const places = new Map<string, number>();
  for (const line of entries) {
    const [i, j, value] = line.trim().split(/\s+/).map(Number);
    const v = field === 'pattern' ? 1 : value!;
    places.set(`${i! - 1},${j! - 1}`, v);
    if (symmetry === 'symmetric') places.set(`${j! - 1},${i! - 1}`, v);
  }
  return places;
}

describeShared('matrices of ../shared', (folder) => {
  it('are all known to this test', () => {
    expect(matrixFiles(folder)).toEqual([...Object.keys(SIZES), ...COMPLEX].sort());
  });

  it.each(Object.entries(SIZES))('%s has the entries that a plain reader finds', (name, [rows, cols, nnz]) => {
    const bytes = readMatrixFile(folder, name);
    const matrix = parseMatrixMarket(bytes);
    expect([matrix.rows, matrix.cols, matrix.nnz]).toEqual([rows, cols, nnz]);
    const places = plainRead(new TextDecoder().decode(bytes));
    expect(places.size).toBe(nnz);
    const { indptr, indices, data } = matrix.toCsr();
    let wrong = 0;
    for (let i = 0; i < rows; i++) {
      for (let k = indptr[i]!; k < indptr[i + 1]!; k++) if (places.get(`${i},${indices[k]}`) !== data[k]) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it.each(Object.keys(SIZES))('%s is the same from a file stream and after writing', async (name) => {
    const bytes = readMatrixFile(folder, name);
    const expected = parseMatrixMarket(bytes).toCsr();
    const stream = createReadStream(join(folder, 'matrices', name), { highWaterMark: 997 });
    const streamed = await parseMatrixMarketStream(stream as AsyncIterable<Uint8Array>);
    expect(streamed.toCsr()).toEqual(expected);
    const symmetric = new TextDecoder().decode(bytes.subarray(0, 80)).includes(' symmetric');
    const text = formatMatrixMarket(streamed, { symmetry: symmetric ? 'symmetric' : 'general' });
    expect(parseMatrixMarket(text).toCsr()).toEqual(expected);
  });

  it.each(COMPLEX)('%s is refused as complex', (name) => {
    const call = (): unknown => parseMatrixMarket(readMatrixFile(folder, name));
    const error = expectParseError(call, 'unsupported-format', 1, 34);
    expect(error.message).toContain('complex matrices are not supported');
  });
});
