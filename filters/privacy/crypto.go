package privacy

import (
	"crypto/sha256"
	"strings"
)

// crypto returns the end of an address of Bitcoin (Base58Check, or bech32 of BIP 173 and bech32m of BIP 350) or Ethereum (0x and 40 hexadecimal digits) whose
// token is b[start:end], or 0.
func (s *Scanner) crypto(start, end int) int {
	if !s.Kinds.has(Crypto) {
		return 0
	}
	t := s.b[start:end]
	switch {
	case len(t) == 42 && t[0] == '0' && t[1] == 'x':
		for _, c := range t[2:] {
			if !hex(c) {
				return 0
			}
		}
		return s.add(Crypto, start, end)
	case len(t) >= 25 && len(t) <= 35 && (t[0] == '1' || t[0] == '3') && base58check(t):
		return s.add(Crypto, start, end)
	case len(t) >= 14 && len(t) <= 90 && (strings.HasPrefix(string(t), "bc1") || strings.HasPrefix(string(t), "BC1")) && bech32(t):
		return s.add(Crypto, start, end)
	}
	return 0
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var base58Value = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range base58 {
		t[c] = int8(i)
	}
	return t
}()

// base58check reports whether t is 21 bytes and the first four bytes of their double SHA-256.
func base58check(t []byte) bool {
	var out [25]byte
	for _, c := range t {
		carry := int(base58Value[c])
		if carry < 0 {
			return false
		}
		for i := len(out) - 1; i >= 0; i-- {
			carry += int(out[i]) * 58
			out[i] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	a := sha256.Sum256(out[:21])
	a = sha256.Sum256(a[:])
	return string(a[:4]) == string(out[21:])
}

const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 checks the checksum of an address that begins with bc1, for witness versions 0 (bech32) and later (bech32m).
func bech32(t []byte) bool {
	s := string(t)
	if lower := strings.ToLower(s); s != lower && s != strings.ToUpper(s) {
		return false
	} else {
		s = lower
	}
	chk := uint32(1)
	step := func(v uint32) {
		top := chk >> 25
		chk = chk&0x1ffffff<<5 ^ v
		for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				chk ^= g
			}
		}
	}
	for _, v := range [5]uint32{'b' >> 5, 'c' >> 5, 0, 'b' & 31, 'c' & 31} {
		step(v)
	}
	for i := 3; i < len(s); i++ {
		v := strings.IndexByte(bech32Alphabet, s[i])
		if v < 0 {
			return false
		}
		step(uint32(v))
	}
	if s[3] == 'q' {
		return chk == 1
	}
	return chk == 0x2bc830a3
}
