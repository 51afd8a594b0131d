package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// workers is the one pool of the process. Its threads live as long as the process (or until SetThreads), because a product of a small
// model takes under a millisecond and starting goroutines for each would show.
var workers = newPool(runtime.GOMAXPROCS(0))

// pool runs the parts of one operation at a time. The calling goroutine is worker 0.
type pool struct {
	mu   sync.Mutex // held for a whole operation, so that scratch belongs to it
	wake []chan struct{}
	done sync.WaitGroup
	next atomic.Int64
	n    int64
	body func(worker, i int)

	scratch [][]float32 // one growing buffer a worker
	product product     // the matrix product under way
	packed  []float32   // its packed right operand
}

func newPool(threads int) *pool {
	p := &pool{}
	p.start(threads)
	return p
}

func (p *pool) start(threads int) {
	p.scratch = make([][]float32, threads)
	p.wake = make([]chan struct{}, threads-1)
	for i := range p.wake {
		c := make(chan struct{}, 1)
		p.wake[i] = c
		go func() {
			for range c {
				p.drain(i + 1)
				p.done.Done()
			}
		}()
	}
}

func (p *pool) drain(worker int) {
	for {
		i := p.next.Add(1) - 1
		if i >= p.n {
			return
		}
		p.body(worker, int(i))
	}
}

// run calls body for every i in [0, n). Parts are taken by whichever worker is free, so body must not depend on who runs it. p.mu is held.
func (p *pool) run(n int, body func(worker, i int)) {
	if n == 1 || len(p.wake) == 0 {
		for i := range n {
			body(0, i)
		}
		return
	}
	p.body, p.n = body, int64(n)
	p.next.Store(0)
	helpers := min(n-1, len(p.wake))
	p.done.Add(helpers)
	for _, c := range p.wake[:helpers] {
		c <- struct{}{}
	}
	p.drain(0)
	p.done.Wait()
	p.body = nil
}

func (p *pool) buffer(worker, n int) []float32 {
	if len(p.scratch[worker]) < n {
		p.scratch[worker] = make([]float32, n)
	}
	return p.scratch[worker][:n]
}

// SetThreads sets how many threads compute; n < 1 means one per processor available to the process. It waits for work under way.
func SetThreads(n int) {
	if n < 1 {
		n = runtime.GOMAXPROCS(0)
	}
	workers.mu.Lock()
	defer workers.mu.Unlock()
	if n == len(workers.scratch) {
		return
	}
	for _, c := range workers.wake {
		close(c)
	}
	workers.start(n)
}

// Threads returns the number of threads that compute.
func Threads() int {
	workers.mu.Lock()
	defer workers.mu.Unlock()
	return len(workers.scratch)
}

// For calls body(worker, i) once for every i in [0, n) on the pool and returns when all are done. worker is in [0, Threads()) and may index
// scratch memory; nothing else may depend on it. Calls from several goroutines run one after the other; body must call nothing of this
// package that computes in parallel (For, MulNT, MulNN, MulTN, AdamW).
func For(n int, body func(worker, i int)) {
	if n <= 0 {
		return
	}
	workers.mu.Lock()
	defer workers.mu.Unlock()
	workers.run(n, body)
}
