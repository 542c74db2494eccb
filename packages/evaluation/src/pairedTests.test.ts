import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holm, pairedDifferences, pairedTTest, wilcoxonSignedRank } from './pairedTests.js';
import { normalTwoSided, studentTwoSided } from './specialFunctions.js';

interface Golden {
  paired: { name: string; a: number[]; b: number[]; t: number; tP: number; w: number; wP: number; wExact: boolean }[];
  studentTwoSided: { t: number; df: number; p: number }[];
  normalTwoSided: { z: number; p: number }[];
}

// Written by scipy; the file says with which calls.
const golden = JSON.parse(readFileSync(new URL('./golden/scipy.json', import.meta.url), 'utf8')) as Golden;

/** Relative closeness that also holds for p-values near the smallest double. */
function expectRelative(got: number, wanted: number, tolerance: number): void {
  if (wanted === 0) expect(Math.abs(got)).toBeLessThan(tolerance);
  else expect(Math.abs(got / wanted - 1)).toBeLessThan(tolerance);
}

describe('distribution functions against scipy', () => {
  test.each(golden.studentTwoSided)('Student t = $t with $df degrees', ({ t, df, p }) => {
    // log Gamma of 5e5 loses six digits to cancellation, hence not 1e-13.
    expectRelative(studentTwoSided(t, df), p, 1e-8);
    expect(studentTwoSided(-t, df)).toBe(studentTwoSided(t, df));
  });

  test.each(golden.normalTwoSided)('normal z = $z', ({ z, p }) => {
    expectRelative(normalTwoSided(z), p, 1e-12);
  });
});

describe('paired tests against scipy', () => {
  test.each(golden.paired)('$name', ({ a, b, t, tP, w, wP, wExact }) => {
    const differences = pairedDifferences(a, b);
    const student = pairedTTest(differences);
    expectRelative(student.t, t, 1e-10);
    expectRelative(student.p, tP, 1e-9);
    const wilcoxon = wilcoxonSignedRank(differences);
    expect(wilcoxon.exact).toBe(wExact);
    expect(wilcoxon.w).toBe(w);
    expectRelative(wilcoxon.p, wP, 1e-10);
  });

  test('swapping the sides changes the sign of t and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 80 }), (values) => {
        const forward = Float64Array.from(values);
        const backward = forward.map((value) => -value);
        expect(pairedTTest(backward).t).toBeCloseTo(-pairedTTest(forward).t, 10);
        expect(wilcoxonSignedRank(backward)).toEqual(wilcoxonSignedRank(forward));
      }),
    );
  });

  test('equal sides are no evidence', () => {
    const zeros = new Float64Array(8);
    expect(pairedTTest(zeros)).toEqual({ t: 0, degrees: 7, p: 1 });
    expect(wilcoxonSignedRank(zeros)).toEqual({ w: 0, p: 1, exact: true });
  });

  test('refuses sides of different users and too few values', () => {
    expect(() => pairedDifferences([1, 2], [1])).toThrow('got 2 and 1 values, expected the same users on both sides');
    expect(() => pairedTTest(Float64Array.of(1))).toThrow('got 1 paired values, expected at least 2');
    expect(() => wilcoxonSignedRank(new Float64Array(0))).toThrow('expected at least 1');
  });
});

describe('Holm correction', () => {
  test('hand-worked: sorted .01 .02 .03 .04 times 4 3 2 1, never falling', () => {
    const corrected = holm([0.04, 0.01, 0.03, 0.02]);
    [0.06, 0.04, 0.06, 0.06].forEach((wanted, at) => {
      expect(corrected[at]).toBeCloseTo(wanted, 15);
    });
  });

  test('is at least the p-value, at most 1, at most the Bonferroni value, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (pValues) => {
        const corrected = holm(pValues);
        pValues.forEach((p, i) => {
          expect(corrected[i]).toBeGreaterThanOrEqual(p);
          expect(corrected[i]).toBeLessThanOrEqual(Math.min(1, p * pValues.length));
          pValues.forEach((other, j) => {
            if (p < other) expect(corrected[i]).toBeLessThanOrEqual(corrected[j]);
          });
        });
      }),
    );
  });
});
