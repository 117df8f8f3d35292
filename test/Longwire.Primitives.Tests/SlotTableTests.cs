namespace Longwire.Primitives.Tests;

public sealed class SlotTableTests
{
    [Fact]
    public void A_number_finds_its_entry_in_its_own_life_only()
    {
        var table = new SlotTable<string>();
        int slot = table.Add("first", out uint first);
        Assert.Equal("first", table.Find((uint)slot, first));
        table.Remove(slot);
        Assert.Null(table.Find((uint)slot, first));
        Assert.Null(table.Glance(slot));
        Assert.Equal(slot, table.Add("second", out uint second));
        Assert.Null(table.Find((uint)slot, first));
        Assert.Equal("second", table.Find((uint)slot, second));
        Assert.Equal("second", table.Glance(slot));
        table[slot] = "third";
        Assert.Equal("third", table.Find((uint)slot, second));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1024)]
    [InlineData(int.MaxValue)]
    public void A_number_that_was_never_given_finds_nobody(int slot)
    {
        var table = new SlotTable<string>();
        table.Add("only", out _);
        Assert.Null(table.Glance(slot));
        Assert.Null(table.Find((uint)slot, 0));
    }

    [Fact]
    public void It_holds_what_a_dictionary_holds_across_chunks()
    {
        var table = new SlotTable<object>();
        var model = new Dictionary<int, (object Item, uint Generation)>();
        var random = new Random(1);
        for (int step = 0; step < 20_000; step++)
        {
            if (model.Count < 10 || random.Next(5) < 3)
            {
                object item = new();
                int slot = table.Add(item, out uint generation);
                model.Add(slot, (item, generation));
                continue;
            }
            int gone = model.Keys.ElementAt(random.Next(Math.Min(model.Count, 50)));
            table.Remove(gone);
            model.Remove(gone);
        }
        Assert.True(table.Used > 2048, "more than two chunks are needed");
        for (int slot = 0; slot < table.Used; slot++)
        {
            bool known = model.TryGetValue(slot, out (object Item, uint Generation) entry);
            Assert.Same(known ? entry.Item : null, table[slot]);
            if (known)
                Assert.Same(entry.Item, table.Find((uint)slot, entry.Generation));
        }
    }
}
