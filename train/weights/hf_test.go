package weights

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"winnow/train/nn"
)

// python returns an interpreter that has the modules, or skips the test: $WINNOW_PYTHON, else .venv/bin/python at the repository's root.
func python(t *testing.T, modules string) string {
	t.Helper()
	exe := os.Getenv("WINNOW_PYTHON")
	if exe == "" {
		_, file, _, _ := runtime.Caller(0)
		exe = filepath.Join(filepath.Dir(file), "..", "..", ".venv", "bin", "python")
	}
	if out, err := exec.Command(exe, "-c", "import "+modules).CombinedOutput(); err != nil {
		t.Skipf("skipped: %s cannot import %s: %v %s (set WINNOW_PYTHON to an interpreter that can)", exe, modules, err, lastLine(out))
	}
	return exe
}

func lastLine(out []byte) string {
	end := len(out)
	for end > 0 && out[end-1] == '\n' {
		end--
	}
	at := end
	for at > 0 && out[at-1] != '\n' {
		at--
	}
	return string(out[at:end])
}

// Transformers and PEFT load what is written, of every architecture, and compute the same logits.
func TestTransformersAndPEFTLoadWhatIsWritten(t *testing.T) {
	exe := python(t, "torch, transformers, peft")
	root := t.TempDir()
	for _, architecture := range []string{"llama", "qwen2", "qwen3", "mistral"} {
		dir := filepath.Join(root, architecture)
		m := tinyModel(t, architecture)
		const rows, length = 2, 12
		b, asFloat := nn.Batch{}, make([]float32, 0, rows*length)
		for r := range rows {
			b.Starts = append(b.Starts, int32(r*length))
			for i := range length {
				id := int32(3 + (r*31+i*i*7)%61)
				b.Tokens, asFloat = append(b.Tokens, id), append(asFloat, float32(id))
			}
		}
		expected := []Source{FromSlice("tokens", []int{rows, length}, asFloat)}
		keep := func(name string) {
			expected = append(expected, FromSlice(name, []int{rows, length, m.Config().VocabSize}, m.Logits(b)))
		}
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		shard := int64(0)
		if architecture == "qwen2" { // shards with an index, too
			shard = 20000
		}
		check(Save(filepath.Join(dir, "base"), m, SaveOptions{ShardSize: shard}))
		keep("base")
		lora := nn.LoRAConfig{Rank: 4, Alpha: 6, RSLoRA: architecture == "qwen3", Targets: []string{"q_proj", "v_proj", "o_proj", "down_proj"}, Seed: 5}
		check(m.AddLoRA(lora))
		for _, p := range m.LoRAParams() {
			for j := range p.Data {
				p.Data[j] += float32(j%7-3) / 40
			}
		}
		check(WriteAdapter(filepath.Join(dir, "adapter"), m, lora, filepath.Join(dir, "base")))
		keep("adapter")
		check(Save(filepath.Join(dir, "merged"), m, SaveOptions{LoRA: &lora, ShardSize: shard}))
		check(m.MergeLoRA())
		keep("merged")
		check(Write(filepath.Join(dir, "expected.safetensors"), expected, F32))
	}
	out, err := exec.Command(exe, filepath.Join("testdata", "check_hf.py"), root).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
