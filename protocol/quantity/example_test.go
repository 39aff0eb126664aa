package quantity_test

import (
	"fmt"

	"kontor/protocol/quantity"
)

func ExampleParse() {
	packs, _ := quantity.Parse("12500")
	perPack, _ := quantity.Parse("0.018")
	need, _ := packs.Mul(perPack)
	fmt.Println(need, "kg")
	// Output: 225 kg
}

func ExamplePrice_Times() {
	price := quantity.Price{Amount: quantity.MustParse("12.3450"), Currency: "EUR", Per: quantity.Of(1000)}
	amount, _ := price.Times(quantity.Of(25_000))
	fmt.Println(amount)
	// Output: 308.63 EUR
}
