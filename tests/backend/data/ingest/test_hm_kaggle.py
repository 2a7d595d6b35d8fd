"""The files of the competition; article numbers keep their leading zeros."""

ARTICLES = (
    "article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,"
    "graphical_appearance_no,graphical_appearance_name,colour_group_code,colour_group_name,"
    "department_no,department_name,index_code,index_name,index_group_no,index_group_name,"
    "section_no,section_name,garment_group_no,garment_group_name,detail_desc\n"
    "0108775015,0108775,Strap top,253,Vest top,Garment Upper body,1010016,Solid,09,Black,1676,"
    "Jersey Basic,A,Ladieswear,1,Ladieswear,16,Womens Everyday Basics,1002,Jersey Basic,"
    '"Jersey top, narrow straps."\n'
    "0110065001,0110065,OP T-shirt,306,Bra,Underwear,1010016,Solid,09,Black,1339,Clean Lingerie,"
    "B,Lingeries/Tights,1,Ladieswear,61,Womens Lingerie,1017,Under-,\n"
)
TRANSACTIONS = (
    "t_dat,customer_id,article_id,price,sales_channel_id\n"
    f"2018-09-20,{'0' * 60}58a1,0110065001,0.0508,2\n"
    f"2018-09-20,{'0' * 60}58a1,0108775015,0.0305,2\n"
    f"2018-09-20,{'0' * 60}58a1,0108775015,0.0305,2\n"
    f"2018-09-21,{'0' * 60}7ffb,108775015,0.0305,2\n"
)


def test_the_files_of_the_competition(bring_in, jpeg):
    imported = bring_in(
        {
            "transactions_train.csv": TRANSACTIONS,
            "articles.csv": ARTICLES,
            "customers.csv": "customer_id,FN,Active,club_member_status\n",
            "sample_submission.csv": "customer_id,prediction\n",
            "images/010/0108775015.jpg": jpeg,
        }
    )
    items = imported.dataset.items
    assert items["item_id"].tolist() == ["0108775015", "0110065001"]
    assert items["title"].tolist() == ["Strap top", "OP T-shirt"]
    assert items["text"].tolist() == ["Jersey top, narrow straps.", ""]
    assert items["category"].tolist() == ["Vest top", "Bra"]
    assert items["colour"].tolist() == ["Black", "Black"]
    assert (items["image"] != "").tolist() == [True, False]
    rows = imported.dataset.interactions
    assert rows["item_num"].tolist() == [1, 0]
    assert rows["timestamp"].tolist() == [1537401600, 1537401600]
    found = [(p.row, p.reason) for p in imported.validation.problems]
    assert found == [
        (5, "the item is not in the items file"),
        (4, "the same user, item and time were given before"),
    ]
