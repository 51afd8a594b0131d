package main

import (
	"testing"

	"winnow/train/nn"
)

// The batch is the peer's: as many documents and tokens, no target after the last of each.
func TestBatchIsThePeers(t *testing.T) {
	sh := shapes["tiny"]
	b := randomBatch(sh)
	if err := b.Validate(sh.config); err != nil || len(b.Tokens) != 8*256 || len(b.Starts) != 8 {
		t.Fatalf("%d tokens in %d documents, %v", len(b.Tokens), len(b.Starts), err)
	}
	for i, target := range b.Targets {
		last := i%256 == 255
		if (target == nn.Ignore) != last || !last && target != b.Tokens[i+1] {
			t.Fatalf("target %d is %d", i, target)
		}
	}
}

func TestMatmulLine(t *testing.T) {
	f := matmulLine.FindStringSubmatch("2 float32 (1024, 576, 1536) GFLOP/s best 187 med 170")
	if f == nil || f[6] != "187" {
		t.Fatal(f)
	}
}

func TestRatios(t *testing.T) {
	ours, theirs := figure{Median: 30, Best: 40}, figure{Median: 10, Best: 20}
	if got := ratios(ours, theirs); got != "3.00 (2.00)" {
		t.Error(got)
	}
	if got := ratio(1, 0); got != "–" {
		t.Error(got)
	}
	if less(0, 5) != 5 || less(4, 5) != 4 {
		t.Error("less")
	}
}
