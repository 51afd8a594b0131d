package nn

// arena hands out the activations of one step. Its chunks are kept, so that steps of the same size allocate nothing after the first.
// What it hands out holds old values.
type arena struct {
	chunks [][]float32
	at     mark
}

// mark is a place in an arena to which it can be rolled back.
type mark struct{ chunk, used int }

const (
	arenaChunk = 1 << 20 // floats: 4 MiB, the least that is worth a chunk
	arenaAlign = 16      // floats: a cache line
)

// take returns n floats of unknown content.
func (a *arena) take(n int) []float32 {
	need := (n + arenaAlign - 1) / arenaAlign * arenaAlign
	for ; a.at.chunk < len(a.chunks); a.at = (mark{a.at.chunk + 1, 0}) {
		c := a.chunks[a.at.chunk]
		if a.at.used+need <= len(c) {
			s := c[a.at.used : a.at.used+n : a.at.used+n]
			a.at.used += need
			return s
		}
	}
	a.chunks = append(a.chunks, make([]float32, max(need, arenaChunk)))
	a.at.used = need
	return a.chunks[a.at.chunk][:n:n]
}

// release gives back everything taken since m.
func (a *arena) release(m mark) { a.at = m }

// bytes returns the memory held.
func (a *arena) bytes() int64 {
	var n int64
	for _, c := range a.chunks {
		n += int64(len(c)) * 4
	}
	return n
}
