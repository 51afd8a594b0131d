package tokenize

// Whether BPE merges across the border of two tokens depends only on the symbols that touch it: the last one of the left token and the first one of the
// right token while each is being built. A spine lists these symbols with the times at which they give way.
//
// Two spans that do not touch are merged in an order that follows from each alone: at every step the lower of the two next ranks. When ranks only grow
// within a span, that is the order of ranks. Where a merge makes a pair of a lower rank possible, the lower ranks follow at once, as a burst that nothing
// in the other span can interrupt (its next rank is higher than that of the burst's first merge). So the time of a merge is the greatest rank so far in
// its span, and bursts are atomic.

// spineStep is one symbol that touches the border.
type spineStep struct {
	id uint32
	// end is the time at which the symbol is merged away; forever for the token itself.
	end uint32
	// peak is the greatest rank merged in its span while the symbol stood, the merge that ends it included. It is below end where the symbol lives within one
	// burst.
	peak uint32
}

const forever = ^uint32(0)

// spines holds the spines of all tokens.
type spines struct {
	steps []spineStep
	start []int32 // of each token; one more than there are tokens
}

func (s *spines) add(steps []spineStep) {
	if len(s.start) == 0 {
		s.start = append(s.start, 0)
	}
	s.steps = append(s.steps, steps...)
	s.start = append(s.start, int32(len(s.steps)))
}

func (s *spines) of(id uint32) []spineStep { return s.steps[s.start[id]:s.start[id+1]] }

// spineRecorder merges a token's own bytes and notes both spines.
type spineRecorder struct {
	id          []uint32
	left, right []spineStep
}

// record reports whether BPE makes the one token id of raw; if so, the spines are in left and right.
func (s *spineRecorder) record(p *bpe, raw []byte, id uint32) bool {
	s.id, s.left, s.right = s.id[:0], s.left[:0], s.right[:0]
	for _, c := range raw {
		s.id = append(s.id, uint32(p.byteID[c]))
	}
	var time, leftPeak, rightPeak uint32
	for len(s.id) > 1 {
		at, best := 0, noMerge
		for i := 1; i < len(s.id); i++ {
			if v := p.pairs.get(s.id[i-1], s.id[i]); v < best {
				at, best = i-1, v
			}
		}
		if best == noMerge {
			return false
		}
		rank := uint32(best >> 32)
		time = max(time, rank)
		leftPeak, rightPeak = max(leftPeak, rank), max(rightPeak, rank)
		if at == 0 {
			s.left = append(s.left, spineStep{s.id[0], time, leftPeak})
			leftPeak = 0
		}
		if at == len(s.id)-2 {
			s.right = append(s.right, spineStep{s.id[at+1], time, rightPeak})
			rightPeak = 0
		}
		s.id[at] = uint32(best)
		s.id = append(s.id[:at+1], s.id[at+2:]...)
	}
	s.left = append(s.left, spineStep{s.id[0], forever, forever})
	s.right = append(s.right, spineStep{s.id[0], forever, forever})
	return s.id[0] == id
}

// holds reports whether BPE leaves left and right as they are when they stand side by side. Both spines are walked in the order of time; a pair of symbols
// across the border merges when its rank is below that of some merge which happens while both stand (or equal to it, if that one lies to the right).
func (p *bpe) holds(left, right uint32) bool {
	a, b := p.border.right.of(left), p.border.left.of(right)
	i, j := 0, 0
	newer := 0 // which symbol came later: 1 that of a, 2 that of b, 0 both at the start
	for {
		x, y := &a[i], &b[j]
		leftEnds := x.end <= y.end // of equal ranks the leftmost pair merges first
		if v := p.pairs.get(x.id, y.id); v != noMerge {
			rank := uint32(v >> 32)
			limit := y.end
			switch {
			case leftEnds && newer == 1:
				limit = x.peak
			case leftEnds:
				limit = x.end
			case newer == 2:
				limit = y.peak
			}
			if rank < limit || rank == limit && !leftEnds {
				return false
			}
		}
		switch {
		case x.end == forever && y.end == forever:
			return true
		case leftEnds:
			i++
			newer = 1
		default:
			j++
			newer = 2
		}
	}
}
