package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"winnow/train/kernel"
)

// torch runs torch_steps.py once.
func (s settings) torch(shape, mode, dtype string) (figure, error) {
	return report(exec.Command(s.python, filepath.Join(s.peers, "torch_steps.py"), shape, mode, dtype, strconv.Itoa(s.threads), strconv.Itoa(s.steps[shape])))
}

// hasBF16 says whether the processor multiplies bf16 itself.
func hasBF16() bool {
	data, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && strings.Contains(string(data), "avx512_bf16")
}

// sizes of products, m×k by k×n, as in torch_matmul.py.
var sizes = [][3]int{{1024, 576, 1536}, {1024, 1536, 576}, {2048, 256, 768}, {256, 576, 49152}}

var matmulLine = regexp.MustCompile(`^(\d+) (float32|bfloat16) \((\d+), (\d+), (\d+)\) GFLOP/s best (\d+) med (\d+)`)

// compareProducts holds our products, packing included, against oneDNN's as PyTorch calls it. The peer's script runs both types, and bf16
// last; where that is emulated the run is ended once its fp32 figures are there.
func compareProducts(s settings, peer bool) error {
	theirs := map[[3]int]float64{}
	if peer {
		cmd := exec.Command(s.python, filepath.Join(s.peers, "torch_matmul.py"))
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1")
		var messages bytes.Buffer
		cmd.Stderr = &messages
		if err := cmd.Start(); err != nil {
			return err
		}
		stop := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f := matmulLine.FindStringSubmatch(lines.Text())
			if f == nil || f[1] != strconv.Itoa(s.threads) || f[2] != "float32" {
				continue
			}
			var n [4]int
			for i := range n {
				n[i], _ = strconv.Atoi(f[3+i])
			}
			if theirs[[3]int{n[0], n[1], n[2]}] = float64(n[3]); len(theirs) == len(sizes) {
				break
			}
		}
		stop.Stop()
		_ = cmd.Process.Kill() // bf16 of the last thread count need not be waited for
		_ = cmd.Wait()
		if len(theirs) == 0 {
			fmt.Printf("\noneDNN gave no figure with %d threads in two minutes %s\n", s.threads, messages.String())
		}
	}
	kernel.SetThreads(s.threads)
	fmt.Printf("\nkernels: %s\n\n| product, fp32, %d threads | ours, GFLOP/s | oneDNN | ratio | goal |\n|---|--:|--:|--:|--:|\n", kernel.Name(), s.threads)
	for _, d := range sizes {
		g := gflops(d[0], d[1], d[2])
		fmt.Printf("| %d×%d×%d | %.0f | %.0f | %s | 1 |\n", d[0], d[1], d[2], g, theirs[d], ratio(g, theirs[d]))
	}
	return nil
}

// gflops is the best of eight products x·Wᵀ.
func gflops(m, k, n int) float64 {
	a, b, c := make([]float32, m*k), make([]float32, n*k), make([]float32, m*n)
	for i := range a {
		a[i] = float32(i%13) - 6
	}
	for i := range b {
		b[i] = float32(i%7) - 3
	}
	best := 0.0
	for range 8 {
		began := time.Now()
		kernel.MulNT(kernel.Dense(c, n), kernel.Dense(a, k), kernel.Dense(b, k), m, n, k, false)
		best = max(best, 2*float64(m)*float64(k)*float64(n)/time.Since(began).Seconds()/1e9)
	}
	return best
}
