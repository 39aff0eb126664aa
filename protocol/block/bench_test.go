package block

import (
	"fmt"
	"testing"
)

// plan is 1,000 series of 26 periods and 5 quantiles, the size of an ordinary forecast.
func plan() any {
	type series struct {
		SKU    string    `cbor:"sku"`
		Values [][]int64 `cbor:"values"`
	}
	var all []series
	for i := range 1000 {
		s := series{SKU: fmt.Sprintf("SKU-%d", i)}
		for p := range 26 {
			s.Values = append(s.Values, []int64{int64(p), int64(i), int64(i * p), int64(i * 300), int64(i * 70000)})
		}
		all = append(all, s)
	}
	return &all
}

func BenchmarkValidate(b *testing.B) {
	data := mustMarshal(b, plan())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Validate(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	v := plan()
	b.SetBytes(int64(len(mustMarshal(b, v))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	type series struct {
		SKU    string    `cbor:"sku"`
		Values [][]int64 `cbor:"values"`
	}
	data := mustMarshal(b, plan())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var all []series
		if err := Unmarshal(data, &all); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSum(b *testing.B) {
	data := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		Sum(data)
	}
}

// sized is a sheet of about 64 MiB in rows of the given length.
func sized(b *testing.B, row int) Sheet {
	s := Sheet{Type: "T.v1", Head: []byte{0xa0}}
	value := mustMarshal(b, make([]byte, row))
	for i := range (64 << 20) / row {
		s.Rows = append(s.Rows, Row{fmt.Sprintf("%08d", i), value})
	}
	return s
}

func BenchmarkBuild(b *testing.B) {
	for _, row := range []int{500, 8 << 10, 1<<20 - 1024} {
		b.Run(fmt.Sprintf("rows of %d bytes", row), func(b *testing.B) {
			s := sized(b, row)
			b.SetBytes(64 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.Build(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpenSheet(b *testing.B) {
	for _, row := range []int{500, 8 << 10, 1<<20 - 1024} {
		b.Run(fmt.Sprintf("rows of %d bytes", row), func(b *testing.B) {
			root, all := shelve(b, sized(b, row))
			b.SetBytes(64 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := OpenSheet(root, all.get); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
