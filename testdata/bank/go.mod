module hazel.example/bank

go 1.25
