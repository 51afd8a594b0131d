package weights

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winnow/train/nn"
)

// A frozen model computes, and trains an adapter, with the bits of one that was read into float32; its matrices lie in the file.
func TestLoadFrozenIsLoad(t *testing.T) {
	for _, dtype := range []DType{BF16, F32, F16} {
		dir := t.TempDir()
		m := tinyModel(t, "qwen3")
		if err := Save(dir, m, SaveOptions{DType: dtype}); err != nil {
			t.Fatal(err)
		}
		wide, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		frozen, release, err := LoadFrozen(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range frozen.Params() {
			if mapped := dtype == BF16 && len(p.Shape) > 1; (p.BF16 != nil) != mapped || (p.Data == nil) != mapped {
				t.Errorf("%s: %s is stored as bf16: %v", dtype, p.Name, p.BF16 != nil)
			}
		}
		batch := nn.Batch{Tokens: []int32{3, 1, 4, 1, 5, 9, 2, 6}, Targets: []int32{1, 4, 1, 5, 9, 2, 6, 5}}
		var grads [2][]float32
		for i, x := range []*nn.Model{wide, frozen} {
			if err := x.AddLoRA(nn.LoRAConfig{Rank: 2, Alpha: 4, Seed: 1}); err != nil {
				t.Fatal(err)
			}
			x.ZeroGrad()
			x.LossGrad(batch, 1)
			for _, p := range x.LoRAParams() {
				grads[i] = append(grads[i], p.Grad...)
			}
		}
		for i, g := range grads[0] {
			if grads[1][i] != g {
				t.Fatalf("%s: gradient %d is %g, want %g", dtype, i, grads[1][i], g)
			}
		}
		sameParams(t, wide.Params(), frozen.Params())
		if err := release(); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadFrozenRefusesNaN(t *testing.T) {
	dir := t.TempDir()
	if err := Save(dir, tinyModel(t, "llama"), SaveOptions{DType: BF16}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, weightsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(data, path)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := f.Tensor("model.layers.0.mlp.up_proj.weight")
	at := bytes.Index(data, target.data) + 6
	data[at], data[at+1] = 0xc0, 0x7f
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadFrozen(dir); err == nil || !strings.Contains(err.Error(), "up_proj") || !strings.Contains(err.Error(), "index 3") {
		t.Error(err)
	}
}

// A tensor at an odd byte of the mapping is copied, not viewed.
func TestView16AtOddBytes(t *testing.T) {
	raw := []byte{0, 0x80, 0x3f, 0, 0x40}
	got, err := Tensor{Name: "x", DType: BF16, Shape: []int{2}, data: raw[1:]}.view16()
	if err != nil || len(got) != 2 || got[0] != 0x3f80 || got[1] != 0x4000 {
		t.Errorf("%x, %v", got, err)
	}
}
