package nn

import "winnow/train/kernel"

// rowChunk is how many rows a task of a row-wise loop takes. Partial sums over rows are made per chunk and added in order, so that they
// do not depend on the number of threads.
const rowChunk = 32

// forRows calls body for rows [lo, hi) of n, in chunks.
func forRows(n int, body func(chunk, lo, hi int)) {
	kernel.For((n+rowChunk-1)/rowChunk, func(_, i int) { body(i, i*rowChunk, min(n, (i+1)*rowChunk)) })
}

// normForward writes y = RMSNorm(x)·w over rows of width len(w) and, when inv is not nil, the inverse root mean squares.
func normForward(y, x []float32, w *Param, inv []float32, eps float32) {
	width := len(w.Data)
	forRows(len(x)/width, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			i := kernel.RMSNorm(y[r*width:(r+1)*width], x[r*width:(r+1)*width], w.Data, eps)
			if inv != nil {
				inv[r] = i
			}
		}
	})
}

// normAgain writes y = RMSNorm(x)·w once more from the inv that normForward kept.
func normAgain(y, x []float32, w *Param, inv []float32) {
	width := len(w.Data)
	forRows(len(x)/width, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			kernel.RMSNormApply(y[r*width:(r+1)*width], x[r*width:(r+1)*width], w.Data, inv[r])
		}
	})
}

// normBackward adds the gradient of the input to dx and, when the weight trains, its gradient to w.Grad.
func (m *Model) normBackward(dx, dy, x []float32, w *Param, inv []float32) {
	width := len(w.Data)
	rows := len(x) / width
	chunks := (rows + rowChunk - 1) / rowChunk
	at := m.acts.mark()
	partial := m.acts.take(chunks * width)
	forRows(rows, func(chunk, lo, hi int) {
		dw := partial[chunk*width : (chunk+1)*width]
		clear(dw)
		for r := lo; r < hi; r++ {
			kernel.RMSNormGrad(dx[r*width:(r+1)*width], dw, dy[r*width:(r+1)*width], x[r*width:(r+1)*width], w.Data, inv[r])
		}
	})
	if w.Trainable {
		for c := range chunks {
			kernel.Add(w.Grad, partial[c*width:(c+1)*width])
		}
	}
	m.acts.release(at)
}

// addColumnSums adds the sums over rows of dy [rows, width] to g: the gradient of a bias.
func (m *Model) addColumnSums(g, dy []float32) {
	width := len(g)
	rows := len(dy) / width
	chunks := (rows + rowChunk - 1) / rowChunk
	at := m.acts.mark()
	partial := m.acts.take(chunks * width)
	forRows(rows, func(chunk, lo, hi int) {
		s := partial[chunk*width : (chunk+1)*width]
		clear(s)
		for r := lo; r < hi; r++ {
			kernel.Add(s, dy[r*width:(r+1)*width])
		}
	})
	for c := range chunks {
		kernel.Add(g, partial[c*width:(c+1)*width])
	}
	m.acts.release(at)
}

// addRows adds one row to every row of y: a bias.
func addRows(y, row []float32) {
	width := len(row)
	forRows(len(y)/width, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			kernel.Add(y[r*width:(r+1)*width], row)
		}
	})
}

// addInto adds x to y on all threads; copyInto copies.
func addInto(y, x []float32) {
	forParts(len(y), func(lo, hi int) { kernel.Add(y[lo:hi], x[lo:hi]) })
}

func copyInto(y, x []float32) {
	forParts(len(y), func(lo, hi int) { copy(y[lo:hi], x[lo:hi]) })
}

// partSize is how many elements a task of an element-wise loop takes: a multiple of every vector width.
const partSize = 1 << 14

func forParts(n int, body func(lo, hi int)) {
	kernel.For((n+partSize-1)/partSize, func(_, i int) { body(i*partSize, min(n, (i+1)*partSize)) })
}
