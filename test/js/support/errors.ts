import { expect } from 'vitest';
import { LacunaError, type LacunaErrorCode, ParseError } from 'lacuna';

/** The LacunaError that a call must throw. */
export function errorOf(call: () => unknown): LacunaError {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, 'the call must throw').toBeInstanceOf(LacunaError);
  return thrown as LacunaError;
}

/** The LacunaError with which a promise must reject. */
export async function rejectionOf(promise: Promise<unknown>): Promise<LacunaError> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(settled, 'the promise must reject').toBeInstanceOf(LacunaError);
  return settled as LacunaError;
}

/** Checks code, argument and position of the error that a call must throw. */
export function expectError(
  call: () => unknown,
  code: LacunaErrorCode,
  argument?: string,
  position?: number | readonly number[],
): void {
  const error = errorOf(call);
  expect([error.code, error.argument, error.position], error.message).toEqual([code, argument, position]);
}

/** Checks code and place of the ParseError that a call must throw; returns it for a look at the message. */
export function expectParseError(call: () => unknown, code: LacunaErrorCode, line: number, column: number): ParseError {
  const error = errorOf(call);
  expect(error).toBeInstanceOf(ParseError);
  expect([error.code, error.details?.['line'], error.details?.['column']], error.message).toEqual([code, line, column]);
  expect(error.message).toContain(`line ${line}, column ${column}: `);
  return error as ParseError;
}
