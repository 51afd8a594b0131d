package weights

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"winnow/train/nn"
)

// GGUFOptions says how SaveGGUF writes a model.
type GGUFOptions struct {
	Type      string         // "f32", "f16" (default), "q8_0" or "q4_0": of the matrices; vectors stay f32
	LoRA      *nn.LoRAConfig // configuration of the model's adapter, which is merged while writing; nil writes the base alone
	Tokenizer string         // folder with tokenizer.json; "" writes a file that holds no tokenizer, which llama.cpp refuses
}

// SaveGGUF writes m as a GGUF file that llama.cpp loads. Mistral becomes architecture llama, which attends to the whole context: beyond the
// sliding window its answers can differ.
func SaveGGUF(path string, m *nn.Model, o GGUFOptions) error {
	kind, fileType, err := ggufType(o.Type)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	tensors, err := merged(m, o.LoRA)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	c := m.Config()
	for i, t := range tensors {
		tensors[i] = ggufSource(c, t)
	}
	if s := c.RopeScaling; s != nil && s.Type == "llama3" {
		tensors = append(tensors, FromSlice(ropeFactors, []int{c.HeadDim / 2}, llama3Factors(*s, c.RopeTheta, c.HeadDim)))
	}
	w := &ggufWriter{kind: kind}
	w.model(c, ggufTitle(path), fileType)
	if o.Tokenizer != "" {
		if err := w.tokenizer(o.Tokenizer, c); err != nil {
			return fmt.Errorf("write %s: tokenizer: %w", path, err)
		}
	}
	if err := writeAtomic(path, func(out io.Writer) error { return w.write(out, tensors) }); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// ggufType gives the storage type and its number in general.file_type (llama.h, llama_ftype).
func ggufType(name string) (ggmlType, uint32, error) {
	switch name {
	case "f32":
		return ggmlF32, 0, nil
	case "", "f16":
		return ggmlF16, 1, nil
	case "q4_0":
		return ggmlQ4_0, 2, nil
	case "q8_0":
		return ggmlQ8_0, 7, nil
	}
	return 0, 0, fmt.Errorf("unknown type %q: write f32, f16, q8_0 or q4_0", name)
}

// ggufSource renames a tensor and puts rotated rows into llama.cpp's order.
func ggufSource(c nn.Config, t Source) Source {
	values := t.Values
	out := Source{Name: ggufName(t.Name), Shape: t.Shape, Values: values}
	if heads := rotaryHeads(c, t.Name); heads > 0 {
		out.Values = func() []float32 {
			v := values()
			return interleaved(v, t.Shape[0]/heads, len(v)/t.Shape[0])
		}
	}
	return out
}

// ggufWriter collects the metadata and lays out the file.
type ggufWriter struct {
	kind    ggmlType
	meta    []byte
	entries uint64
}

func (w *ggufWriter) key(key string, kind uint32) {
	w.entries++
	w.meta = appendText(w.meta, key)
	w.meta = binary.LittleEndian.AppendUint32(w.meta, kind)
}

func (w *ggufWriter) text(key, v string) {
	w.key(key, ggufString)
	w.meta = appendText(w.meta, v)
}

func (w *ggufWriter) u32(key string, v int) {
	w.key(key, ggufUint32)
	w.meta = binary.LittleEndian.AppendUint32(w.meta, uint32(v))
}

func (w *ggufWriter) f32(key string, v float64) {
	w.key(key, ggufFloat32)
	w.meta = binary.LittleEndian.AppendUint32(w.meta, math.Float32bits(float32(v)))
}

func (w *ggufWriter) boolean(key string, v bool) {
	w.key(key, ggufBool)
	if v {
		w.meta = append(w.meta, 1)
	} else {
		w.meta = append(w.meta, 0)
	}
}

// array begins an array; the caller appends its n elements.
func (w *ggufWriter) array(key string, kind uint32, n int) {
	w.key(key, ggufArray)
	w.meta = binary.LittleEndian.AppendUint32(w.meta, kind)
	w.meta = binary.LittleEndian.AppendUint64(w.meta, uint64(n))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(dst, uint64(len(s))), s...)
}

// model writes what describes the shape (gguf.md, "Standardized key-value pairs").
func (w *ggufWriter) model(c nn.Config, title string, fileType uint32) {
	arch := c.Architecture
	if arch == "mistral" {
		arch = "llama"
	}
	w.text("general.architecture", arch)
	w.text("general.type", "model")
	w.text("general.name", title)
	w.u32("general.file_type", int(fileType))
	w.u32("general.quantization_version", 2)
	w.u32(arch+".block_count", c.Layers)
	w.u32(arch+".context_length", c.MaxPositions)
	w.u32(arch+".embedding_length", c.HiddenSize)
	w.u32(arch+".feed_forward_length", c.IntermediateSize)
	w.u32(arch+".attention.head_count", c.Heads)
	w.u32(arch+".attention.head_count_kv", c.KVHeads)
	w.u32(arch+".attention.key_length", c.HeadDim)
	w.u32(arch+".attention.value_length", c.HeadDim)
	w.f32(arch+".attention.layer_norm_rms_epsilon", float64(c.RMSNormEps))
	w.u32(arch+".rope.dimension_count", c.HeadDim)
	w.f32(arch+".rope.freq_base", c.RopeTheta)
	w.u32(arch+".vocab_size", c.VocabSize)
	if c.Architecture == "mistral" && c.SlidingWindow > 0 {
		w.u32(arch+".attention.sliding_window", c.SlidingWindow)
	}
	if s := c.RopeScaling; s != nil && s.Type == "linear" {
		w.text(arch+".rope.scaling.type", "linear")
		w.f32(arch+".rope.scaling.factor", s.Factor)
	}
}

// typeOf is a tensor's storage: vectors stay f32, as llama.cpp computes with them; rows that are no whole blocks fall back to f16.
func (w *ggufWriter) typeOf(shape []int) ggmlType {
	if len(shape) < 2 {
		return ggmlF32
	}
	if values, _, _ := w.kind.block(); shape[len(shape)-1]%values != 0 {
		return ggmlF16
	}
	return w.kind
}

func (w *ggufWriter) write(out io.Writer, tensors []Source) error {
	head := binary.LittleEndian.AppendUint32([]byte(ggufMagic), 3)
	head = binary.LittleEndian.AppendUint64(head, uint64(len(tensors)))
	head = binary.LittleEndian.AppendUint64(head, w.entries)
	head = append(head, w.meta...)
	at := uint64(0)
	for _, t := range tensors {
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		kind := w.typeOf(t.Shape)
		head = appendText(head, t.Name)
		head = binary.LittleEndian.AppendUint32(head, uint32(len(t.Shape)))
		for i := range t.Shape {
			head = binary.LittleEndian.AppendUint64(head, uint64(t.Shape[len(t.Shape)-1-i]))
		}
		head = binary.LittleEndian.AppendUint32(head, uint32(kind))
		head = binary.LittleEndian.AppendUint64(head, at)
		values, bytes, _ := kind.block()
		at += aligned(uint64(n / values * bytes))
	}
	head = append(head, make([]byte, aligned(uint64(len(head)))-uint64(len(head)))...)
	if _, err := out.Write(head); err != nil {
		return err
	}
	var raw []byte
	for _, t := range tensors {
		values, kind := t.Values(), w.typeOf(t.Shape)
		if i := notFinite(values, kind); i >= 0 {
			return fmt.Errorf("tensor %q: value %v at index %d is not finite in %v", t.Name, values[i], i, kind)
		}
		raw = quantise(raw[:0], values, kind)
		raw = append(raw, make([]byte, aligned(uint64(len(raw)))-uint64(len(raw)))...)
		if _, err := out.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

func aligned(n uint64) uint64 { return (n + ggufAlignment - 1) / ggufAlignment * ggufAlignment }

// notFinite finds the first value that is infinite or NaN, or becomes so in a type whose scales are halves, or -1.
func notFinite(values []float32, kind ggmlType) int {
	limit := float32(math.MaxFloat32)
	if kind != ggmlF32 {
		limit = 65504
	}
	for i, v := range values {
		if !(v >= -limit && v <= limit) {
			return i
		}
	}
	return -1
}
