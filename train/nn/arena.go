package nn

// arena hands out the activations of one step. Its chunks are kept, so that steps of the same size allocate nothing after the first. What it
// hands out holds old values.
type arena struct {
	chunks [][]float32
	at     mark
	used   int // floats taken so far in the furthest state since the model was made, chunk ends not counted
	live   int // floats taken now
}

// mark is a place in an arena to which it can be rolled back.
type mark struct{ chunk, used, live int }

// Chunks are multiples of arenaChunk, much larger than most tensors: batches whose sizes differ a little then find room in the same chunks.
// What is never touched at a chunk's end costs no memory, because the system hands out pages on first use.
const (
	arenaChunk = 4 << 20 // floats: 16 MiB
	arenaAlign = 16      // floats: a cache line
)

// mark returns the present place.
func (a *arena) mark() mark { return mark{a.at.chunk, a.at.used, a.live} }

// take returns n floats of unknown content.
func (a *arena) take(n int) []float32 {
	need := (n + arenaAlign - 1) / arenaAlign * arenaAlign
	a.live += need
	a.used = max(a.used, a.live)
	for ; a.at.chunk < len(a.chunks); a.at.chunk, a.at.used = a.at.chunk+1, 0 {
		c := a.chunks[a.at.chunk]
		if a.at.used+need <= len(c) {
			s := c[a.at.used : a.at.used+n : a.at.used+n]
			a.at.used += need
			return s
		}
	}
	a.chunks = append(a.chunks, make([]float32, max(1, (need+arenaChunk-1)/arenaChunk)*arenaChunk))
	a.at.used = need
	return a.chunks[a.at.chunk][:n:n]
}

// release gives back everything taken since m.
func (a *arena) release(m mark) { a.at, a.live = m, m.live }

// held returns the floats of all chunks.
func (a *arena) held() (n int) {
	for _, c := range a.chunks {
		n += len(c)
	}
	return n
}
