import { describe, expect, test } from '@jest/globals';
import { duration, progressLine, terminalLog } from './terminal.js';

function screen(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const log = terminalLog({ isTTY, columns: 60, write: (text: string) => written.push(text) }, () => nowMs);
  return { log, written, pass: (ms: number) => (nowMs += ms) };
}

describe('terminal', () => {
  const line = (changes: Partial<Parameters<typeof progressLine>[0]>) =>
    progressLine({ label: 'training', done: 5, total: 10, elapsedMs: 2500, remark: '', columns: 79, ...changes });

  test('a bar shows share, rate and remaining time', () => {
    expect(line({ remark: 'recall .05' })).toBe('training [##########..........] 5/10 2.0/s 3s left  recall .05');
    expect(line({ label: 'reading', done: 7, total: undefined, elapsedMs: 0 })).toBe('reading 7');
    expect(line({ done: 900, total: undefined, elapsedMs: 100 })).toBe('training 900 9000/s');
  });

  test('what earlier runs did counts for nothing in rate and remaining time, and work that may end early says so', () => {
    expect(line({ done: 60, total: 100, facts: { begun: 50 } })).toBe(
      'training [############........] 60/100 4.0/s 10s left',
    );
    expect(line({ facts: { mayEndEarly: true } })).toBe('training [##########..........] 5/10 2.0/s 3s left at most');
    const tty = screen(true);
    const bar = tty.log.progress('calls', 100, { begun: 50 });
    tty.pass(1000);
    bar.update(51);
    expect(tty.written.at(-1)).toContain('51/100 1.0/s 49s left');
  });

  test('a part of a whole moves the bar and not the count', () => {
    expect(line({ done: 6 + 2 / 3 })).toBe('training [#############.......] 6/10 2.7/s 1s left');
  });

  test('the bar gives way to the words, which are cut only where it cannot shrink further', () => {
    const remark = 'best 0.0744 in epoch 13';
    expect(line({ remark, columns: 64 })).toBe('training [#####....] 5/10 2.0/s 3s left  best 0.0744 in epoch 13');
    expect(line({ remark, columns: 58 })).toBe('training [###..] 5/10 2.0/s 3s left  best 0.0744 in epoch ');
    expect(line({ remark, columns: 30 })).toHaveLength(30);
  });

  test('remaining time is told once something says how much it is, and never as nothing', () => {
    expect(line({ done: 1, total: 6710, elapsedMs: 8 })).not.toContain('left');
    expect(line({ done: 9, elapsedMs: 1800 })).toContain('9/10 5.0/s under 1s left');
    expect(line({ done: 0, elapsedMs: 5000 })).not.toContain('left');
  });

  test('durations read as people say them', () => {
    expect([0, 59.4, 60, 185, 7800].map(duration)).toEqual(['0s', '59s', '1m 00s', '3m 05s', '2h 10m']);
  });

  test('draws bars only on a terminal and clears them at the end', () => {
    const file = screen(false);
    file.log.progress('training', 3).update(1);
    expect(file.written).toEqual([]);
    const tty = screen(true);
    const bar = tty.log.progress('training', 3);
    tty.pass(1000);
    bar.update(1);
    expect(tty.written.join('')).toContain('1/3 1.0/s 2s left');
    bar.end();
    expect(tty.written.at(-1)).toBe('\r\u001b[2K');
  });

  test('redraws at most ten times a second', () => {
    const tty = screen(true);
    const bar = tty.log.progress('training', 1000);
    for (let done = 1; done <= 100; done++) {
      tty.pass(10);
      bar.update(done);
    }
    expect(tty.written.length).toBeLessThanOrEqual(11);
  });

  test('a remark takes its own line and the bar comes back under it', () => {
    const tty = screen(true);
    const bar = tty.log.progress('training', 2);
    tty.pass(1000);
    bar.update(1);
    tty.log.warn('slow');
    expect(tty.written.slice(-3, -1)).toEqual(['\r\u001b[2K', 'warning: slow\n']);
    expect(tty.written.at(-1)).toContain('1/2');
  });

  test('an inner bar hides the outer one until it ends', () => {
    const tty = screen(true);
    const outer = tty.log.progress('outer', 2);
    tty.pass(1000);
    outer.update(1);
    const inner = tty.log.progress('inner', 2);
    tty.pass(1000);
    inner.update(1);
    inner.end();
    expect(tty.written.at(-1)).toContain('outer');
  });
});

test('where the output is no terminal progress is a line a minute, with what is done, the rate and what is left', () => {
  let [nowMs, tick] = [0, () => {}];
  const written: string[] = [];
  const stream = { write: (text: string) => void written.push(text) };
  const every = (intervalMs: number, action: () => void) => {
    expect(intervalMs).toBe(60_000);
    tick = action;
    return () => {
      tick = () => {};
    };
  };
  const progress = terminalLog(stream, () => nowMs, every).progress('item properties', 200, { begun: 100 });
  tick();
  progress.update(101);
  progress.update(110, '3 failed');
  nowMs = 120_000;
  tick();
  progress.end();
  tick();
  expect(written).toEqual([
    'item properties: 100 of 200 done\n',
    'item properties: 110 of 200 done, 3 failed, 5.0 a minute, 18m 00s left\n',
  ]);
});
