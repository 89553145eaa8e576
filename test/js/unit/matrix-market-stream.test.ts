import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { parseMatrixMarket, parseMatrixMarketStream } from '../../../src/ts/io/matrix-market.js';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { anyFinite, build, tripletLists } from '../support/arbitraries.js';
import { rejectionOf } from '../support/errors.js';

type Chunk = Uint8Array | string;

async function* chunks(...parts: Chunk[]): AsyncGenerator<Chunk> {
  yield* parts;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cuts a list at sorted places. */
function cut<T extends Chunk>(whole: T, places: readonly number[]): T[] {
  const marks = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return marks.slice(1).map((end, k) => whole.slice(marks[k], end) as T);
}

const TEXT = [
  '\uFEFF%%MatrixMarket matrix coordinate real symmetric',
  '% größer ✓',
  '',
  '3 3 4',
  '1 1 4.25',
  ' 2 1 -1.5e-3',
  '% between',
  '3 3 1234567.890123456789',
  '3 2 2D2',
].join('\r\n');

describe('chunk boundaries', () => {
  it('may be anywhere, alone or in pairs, in bytes or text', async () => {
    const expected = parseMatrixMarket(TEXT).toCsr();
    const all = bytes(TEXT);
    for (let k = 0; k <= all.length; k++) {
      const matrix = await parseMatrixMarketStream(chunks(...cut(all, [k, k + 3])));
      expect(matrix.toCsr(), `bytes cut at ${k}`).toEqual(expected);
    }
    for (let k = 0; k <= TEXT.length; k++) {
      const matrix = await parseMatrixMarketStream(chunks(...cut(TEXT, [k, k + 3])));
      expect(matrix.toCsr(), `text cut at ${k}`).toEqual(expected);
    }
    const single = await parseMatrixMarketStream(chunks(...Array.from(all, (byte) => Uint8Array.of(byte))));
    expect(single.toCsr()).toEqual(expected);
  });

  it('change nothing for any matrix', async () => {
    await fc.assert(
      fc.asyncProperty(tripletLists(anyFinite.map((value) => value / 64)), fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), async (list, places, crlf) => {
        const matrix = build(list);
        const text = matrix.toMatrixMarket().replaceAll('\n', crlf ? '\r\n' : '\n');
        expect((await parseMatrixMarketStream(chunks(...cut(bytes(text), places)))).toCsr()).toEqual(matrix.toCsr());
        expect((await parseMatrixMarketStream(chunks(...cut(text, places)))).toCsr()).toEqual(matrix.toCsr());
      }),
    );
  });

  it('do not move the place of an error', async () => {
    const text = '%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 x 5\n';
    for (let k = 0; k <= text.length; k++) {
      const error = await rejectionOf(parseMatrixMarketStream(chunks(...cut(bytes(text), [k]))));
      expect(error.details, `cut at ${k}`).toMatchObject({ line: 4, column: 3 });
    }
  });

  it('do not keep the chunks: their memory may be reused', async () => {
    const all = bytes(TEXT);
    const buffer = new Uint8Array(16);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < all.length; at += 16) {
        const part = all.subarray(at, at + 16);
        buffer.fill(88);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    }
    expect((await parseMatrixMarketStream(reusing())).toCsr()).toEqual(parseMatrixMarket(TEXT).toCsr());
  });
});

describe('sources', () => {
  const expected = parseMatrixMarket(TEXT).toCsr();

  it('reads ReadableStream, Blob, Response, Node streams and iterables', async () => {
    const readable = new ReadableStream<string>({
      start(controller) {
        for (const part of cut(TEXT, [10, 40, 80])) controller.enqueue(part);
        controller.close();
      },
    });
    const sources: (ReadableStream<Chunk> | AsyncIterable<Chunk>)[] = [
      readable,
      new Blob([TEXT]).stream() as ReadableStream<Uint8Array>,
      new Response(TEXT).body!,
      Readable.from([Buffer.from(TEXT.slice(0, 30)), Buffer.from(TEXT.slice(30))]),
      cut(TEXT, [20, 50]) as unknown as AsyncIterable<string>,
    ];
    for (const source of sources) expect((await SparseMatrix.fromMatrixMarketStream(source)).toCsr()).toEqual(expected);
  });

  it('reads a stream that has a reader but is not iterable, as in Safari', async () => {
    const { body } = new Response(TEXT);
    const plain = { locked: false, getReader: () => body!.getReader() } as unknown as ReadableStream<Uint8Array>;
    expect((await parseMatrixMarketStream(plain)).toCsr()).toEqual(expected);
  });

  it('cancels a stream whose text is wrong and gives it back unlocked', async () => {
    let canceled = false;
    const endless = new ReadableStream<string>({
      pull: (controller) => controller.enqueue('nonsense\n'),
      cancel: () => {
        canceled = true;
      },
    });
    expect((await rejectionOf(parseMatrixMarketStream(endless))).code).toBe('parse-error');
    expect([canceled, endless.locked]).toEqual([true, false]);
  });

  it('reports the parse error even where canceling fails', async () => {
    const stubborn = new ReadableStream<string>({
      pull: (controller) => controller.enqueue('nonsense\n'),
      cancel: () => Promise.reject(new TypeError('cannot cancel')),
    });
    expect((await rejectionOf(parseMatrixMarketStream(stubborn))).code).toBe('parse-error');
    expect(stubborn.locked).toBe(false);
  });

  it('ends an iterator whose text is wrong', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'nonsense\n';
      } finally {
        ended = true;
      }
    }
    await rejectionOf(parseMatrixMarketStream(endless()));
    expect(ended).toBe(true);
  });

  it('passes on an error of the stream itself', async () => {
    const broken = new ReadableStream<string>({
      pull: (controller) => controller.error(new TypeError('the network is gone')),
    });
    await expect(parseMatrixMarketStream(broken)).rejects.toThrow(new TypeError('the network is gone'));
  });

  it('refuses what is no stream', async () => {
    for (const value of [null, undefined, TEXT, bytes(TEXT), 7, {}]) {
      const error = await rejectionOf(parseMatrixMarketStream(value as unknown as AsyncIterable<string>));
      expect([error.code, error.argument]).toEqual(['invalid-argument', 'stream']);
    }
    for (const part of [null, 5, [1, 2], new ArrayBuffer(3)]) {
      const error = await rejectionOf(parseMatrixMarketStream(chunks(part as unknown as string)));
      expect([error.code, error.argument]).toEqual(['invalid-argument', 'stream']);
    }
    const locked = new Blob([TEXT]).stream() as ReadableStream<Uint8Array>;
    locked.getReader();
    expect((await rejectionOf(parseMatrixMarketStream(locked))).message).toContain('locked');
  });

  it('refuses a line without end instead of keeping it all', async () => {
    async function* endless(): AsyncGenerator<string> {
      yield '%%MatrixMarket matrix coordinate real general\n';
      for (;;) yield '%'.repeat(100_000);
    }
    const error = await rejectionOf(parseMatrixMarketStream(endless()));
    expect([error.code, error.details?.['line']]).toEqual(['parse-error', 2]);
    expect(error.message).toContain('longer than 1048576 bytes');
  });

  it('refuses a stream of nothing', async () => {
    expect((await rejectionOf(parseMatrixMarketStream(chunks()))).message).toContain('the text is empty');
    expect((await rejectionOf(parseMatrixMarketStream(chunks('', new Uint8Array(0))))).message).toContain('the text is empty');
  });
});
