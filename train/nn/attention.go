package nn

import (
	"math"

	"winnow/train/kernel"
)

// Attention in blocks (FlashAttention, Dao et al. 2022): a block of queries passes over blocks of keys with a running maximum and sum, so
// that no [tokens, tokens] matrix exists. Forward keeps the log-sum-exp of each row; backward computes the probabilities again from it.
// One task is one head of one document, on one thread.
const (
	queryBlock = 48  // a multiple of the six rows of a kernel tile
	keyBlock   = 256 // with queryBlock, 52 KiB of scores: second-level cache
	scoreRow   = keyBlock + 16
)

// heads describes one call of attention: where queries, keys and values lie and who may see whom.
type heads struct {
	count, group, dim int // query heads, query heads per key head, head size
	window            int // tokens looked back over, 0 for all
	scale             float32
	q, k, v           []float32 // [tokens, count·dim], [tokens, count/group·dim] twice
	out, lse          []float32 // [tokens, count·dim], [count, tokens]
	docs              []span
	tokens            int
	past              int // keys and values before the first query, when docs is one document read on from a cache
}

// attentionScratch returns how many floats a task of either direction needs for documents of up to n tokens.
func attentionScratch(n, dim int) int {
	keys := 2*kernel.PanelSize(dim, n) + kernel.PanelSize(n, dim)
	block := 2*kernel.PanelSize(queryBlock, dim) + 2*queryBlock*scoreRow
	return keys + block + 3*queryBlock + kernel.PanelScratch(max(dim, keyBlock)) + 64
}

// carve cuts scratch memory into named pieces.
type carve []float32

func (c *carve) take(n int) []float32 {
	s := (*c)[:n:n]
	*c = (*c)[n:]
	return s
}

// keysSeen returns the first key (a multiple of 16, for whole panels) and the end of the keys that queries [q0, q0+rows) see.
func (h *heads) keysSeen(q0, rows int) (first, end int) {
	if h.window > 0 {
		first = max(0, q0-h.window+1) &^ 15
	}
	return first, q0 + rows
}

// visible returns the range of keys within the block [k0, k1) that query q sees.
func (h *heads) visible(q, k0, k1 int) (lo, hi int) {
	lo, hi = k0, min(k1, q+1)
	if h.window > 0 {
		lo = min(k1, max(lo, q-h.window+1))
	}
	return lo, max(lo, hi)
}

// forward computes task i: head i%count of document i/count.
func (h *heads) forward(i int, scratch []float32) {
	doc, head := h.docs[i/h.count], i%h.count
	n, d := doc.end-doc.start, h.dim
	qw, kw := h.count*d, h.count/h.group*d
	q := h.q[doc.start*qw+head*d:]
	out := h.out[doc.start*qw+head*d:]
	k := h.k[doc.start*kw+head/h.group*d:]
	v := h.v[doc.start*kw+head/h.group*d:]
	var lse []float32
	if h.lse != nil {
		lse = h.lse[head*h.tokens+doc.start:]
	}
	mem := carve(scratch)
	keys := h.past + n
	kt, vp := mem.take(kernel.PanelSize(d, keys)), mem.take(kernel.PanelSize(keys, d))
	s := mem.take(queryBlock * scoreRow)
	top, sum := mem.take(queryBlock), mem.take(queryBlock)
	kernel.PackRows(kt, k, kw, keys, d)
	kernel.PackCols(vp, v, kw, d, keys)
	for q0 := 0; q0 < n; q0 += queryBlock {
		rows := min(queryBlock, n-q0)
		first, end := h.keysSeen(h.past+q0, rows)
		for r := range rows {
			top[r], sum[r] = float32(math.Inf(-1)), 0
		}
		for k0 := first; k0 < end; k0 += keyBlock {
			k1 := min(k0+keyBlock, end)
			kernel.MulPanels(s, scoreRow, q[q0*qw:], qw, 1, kt, d, rows, k0, k1, 0, d, false, mem)
			for r := range rows {
				row := s[r*scoreRow : r*scoreRow+k1-k0]
				lo, hi := h.visible(h.past+q0+r, k0, k1)
				if lo == hi {
					clear(row)
					continue
				}
				seen := row[lo-k0 : hi-k0]
				most := max(top[r], kernel.Max(seen)*h.scale)
				if k0 > first && sum[r] > 0 {
					shrink := float32(math.Exp(float64(top[r] - most)))
					sum[r] *= shrink
					kernel.Scale(out[(q0+r)*qw:(q0+r)*qw+d], shrink)
				}
				top[r] = most
				sum[r] += kernel.ExpSum(seen, h.scale, most)
				clear(row[:lo-k0])
				clear(row[hi-k0:])
			}
			kernel.MulPanels(out[q0*qw:], qw, s, scoreRow, 1, vp, keys, rows, 0, d, k0, k1-k0, k0 > first, mem)
		}
		for r := range rows {
			kernel.Scale(out[(q0+r)*qw:(q0+r)*qw+d], 1/sum[r])
			if lse != nil {
				lse[q0+r] = top[r] + float32(math.Log(float64(sum[r])))
			}
		}
	}
}

// backward computes the gradients of task i: dq in place, dk and dv [tokens, count·dim] by query head, which the caller adds up by group.
func (h *heads) backward(i int, dq, dk, dv, dout, scratch []float32) {
	doc, head := h.docs[i/h.count], i%h.count
	n, d := doc.end-doc.start, h.dim
	qw, kw := h.count*d, h.count/h.group*d
	at := doc.start*qw + head*d
	q, out := h.q[at:], h.out[at:]
	dq, dk, dv, dout = dq[at:], dk[at:], dv[at:], dout[at:]
	k := h.k[doc.start*kw+head/h.group*d:]
	v := h.v[doc.start*kw+head/h.group*d:]
	lse := h.lse[head*h.tokens+doc.start:]
	mem := carve(scratch)
	kt, vt, kp := mem.take(kernel.PanelSize(d, n)), mem.take(kernel.PanelSize(d, n)), mem.take(kernel.PanelSize(n, d))
	qp, dop := mem.take(kernel.PanelSize(queryBlock, d)), mem.take(kernel.PanelSize(queryBlock, d))
	p, dp := mem.take(queryBlock*scoreRow), mem.take(queryBlock*scoreRow)
	kernel.PackRows(kt, k, kw, n, d)
	kernel.PackRows(vt, v, kw, n, d)
	kernel.PackCols(kp, k, kw, d, n)
	for t := range n {
		clear(dk[t*qw : t*qw+d])
		clear(dv[t*qw : t*qw+d])
	}
	for q0 := 0; q0 < n; q0 += queryBlock {
		rows := min(queryBlock, n-q0)
		kernel.PackCols(qp, q[q0*qw:], qw, d, rows)
		kernel.PackCols(dop, dout[q0*qw:], qw, d, rows)
		first, end := h.keysSeen(q0, rows)
		for k0 := first; k0 < end; k0 += keyBlock {
			k1 := min(k0+keyBlock, end)
			kernel.MulPanels(p, scoreRow, q[q0*qw:], qw, 1, kt, d, rows, k0, k1, 0, d, false, mem)
			kernel.MulPanels(dp, scoreRow, dout[q0*qw:], qw, 1, vt, d, rows, k0, k1, 0, d, false, mem)
			for r := range rows {
				prob, grad := p[r*scoreRow:r*scoreRow+k1-k0], dp[r*scoreRow:r*scoreRow+k1-k0]
				lo, hi := h.visible(q0+r, k0, k1)
				clear(prob[:lo-k0])
				clear(grad[:lo-k0])
				clear(prob[hi-k0:])
				clear(grad[hi-k0:])
				if lo == hi {
					continue
				}
				row := (q0 + r) * qw
				kernel.ExpSum(prob[lo-k0:hi-k0], h.scale, lse[q0+r])
				kernel.SoftmaxGrad(prob[lo-k0:hi-k0], grad[lo-k0:hi-k0], kernel.Dot(dout[row:row+d], out[row:row+d]), h.scale)
			}
			kernel.MulPanels(dv[k0*qw:], qw, p, 1, scoreRow, dop, rows, k1-k0, 0, d, 0, rows, true, mem)
			kernel.MulPanels(dk[k0*qw:], qw, dp, 1, scoreRow, qp, rows, k1-k0, 0, d, 0, rows, true, mem)
			kernel.MulPanels(dq[q0*qw:], qw, dp, scoreRow, 1, kp, n, rows, 0, d, k0, k1-k0, k0 > first, mem)
		}
	}
}

// sumGroups adds up the gradients of the query heads that share a key head: from [tokens, count·dim] to [tokens, count/group·dim].
func (h *heads) sumGroups(to, from []float32) {
	qw, kw, d := h.count*h.dim, h.count/h.group*h.dim, h.dim
	forRows(h.tokens, func(_, lo, hi int) {
		for t := lo; t < hi; t++ {
			for g := range h.count / h.group {
				dst, src := to[t*kw+g*d:t*kw+(g+1)*d], from[t*qw+g*h.group*d:]
				copy(dst, src[:d])
				for j := 1; j < h.group; j++ {
					kernel.Add(dst, src[j*d:(j+1)*d])
				}
			}
		}
	})
}
